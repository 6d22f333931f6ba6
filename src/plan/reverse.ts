import {inOrder} from '../base/graph.ts'
import type {Dependencies} from './order.ts'

/** The services once each, dependents before what they depend on. */
export function inReverse(services: Iterable<string>, dependencies: Dependencies): string[] {
  return inOrder([...new Set(services)].sort(), service => Object.keys(dependencies(service))).reverse()
}
