import fc from 'fast-check'
import {expect, test} from 'vitest'
import {findCycle, inOrder, reachable} from '../../../src/base/graph.ts'

const of = (graph: Record<string, readonly string[]>) => (node: string) => graph[node] ?? []

test('what is needed comes first, the rest as it was written', () => {
  expect(inOrder(['web', 'db', 'job', 'free'], of({web: ['db', 'job'], job: ['db', 'elsewhere']}))).toEqual([
    'db',
    'job',
    'web',
    'free',
  ])
})

test('in every graph without circles, all that a node needs is before it', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  const graph = fc.tuple(...names.map((_, index) => fc.subarray(names.slice(0, index))))
  fc.assert(
    fc.property(graph, fc.shuffledSubarray(names), (needs, nodes) => {
      const edges = of(Object.fromEntries(names.map((name, index) => [name, needs[index]!])))
      const order = inOrder(nodes, edges)
      expect([...order].sort()).toEqual([...nodes].sort())
      expect(findCycle(names, edges)).toBeUndefined()
      for (const node of order) {
        for (const need of edges(node))
          if (nodes.includes(need)) expect(order.indexOf(need)).toBeLessThan(order.indexOf(node))
      }
    }),
  )
})

test('a circle does not keep the order from ending', () => {
  expect(inOrder(['a', 'b'], of({a: ['b'], b: ['a']})).sort()).toEqual(['a', 'b'])
})

test('all that can be reached is found, over circles too', () => {
  expect([...reachable(['a'], of({a: ['b'], b: ['c', 'a'], d: ['a']}))]).toEqual(['a', 'b', 'c'])
})
