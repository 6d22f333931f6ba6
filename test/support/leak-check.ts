import {afterAll, beforeAll} from 'vitest'
import {leftBehind, whatIsThere} from './leaks.ts'

/** Processes, namespaces and mounts go a moment after their last user. */
const patience = 5000

let before: ReadonlySet<string> = new Set()

beforeAll(() => {
  before = whatIsThere()
})

afterAll(async () => {
  const deadline = Date.now() + patience
  let left = leftBehind(before, whatIsThere())
  while (left.length > 0 && Date.now() < deadline) {
    await new Promise(resolve => setTimeout(resolve, 50))
    left = leftBehind(before, whatIsThere())
  }
  if (left.length > 0) throw new Error(`this file left behind:\n${left.join('\n')}`)
})
