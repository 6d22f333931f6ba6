import {afterEach, beforeEach, expect, test, vi} from 'vitest'
import {batches} from '../../../src/dev/batches.ts'

beforeEach(() => {
  vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout', 'performance']})
})
afterEach(() => {
  vi.useRealTimers()
})

const never = new AbortController().signal
const open = () => {
  const pending = batches<string>({quiet: 50, longest: 300})
  const got: string[][] = []
  const take = async () => void got.push([...((await pending.next(never)) ?? [])])
  return {pending, got, take}
}

test('a burst is one batch, 50 ms after its last', async () => {
  const {pending, got, take} = open()
  void take()
  pending.add('a')
  await vi.advanceTimersByTimeAsync(40)
  pending.add('b')
  await vi.advanceTimersByTimeAsync(49)
  expect(got).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(got).toEqual([['a', 'b']])
})

test('who never pauses is heard after 300 ms', async () => {
  const {pending, got, take} = open()
  void take()
  pending.add('a')
  for (let ms = 0; ms < 299; ms += 23) {
    pending.stir()
    await vi.advanceTimersByTimeAsync(23)
  }
  expect(got).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(got).toEqual([['a']])
})

test('what comes while nobody takes is in the next batch', async () => {
  const {pending, got, take} = open()
  pending.add('a')
  await vi.advanceTimersByTimeAsync(500)
  pending.add('b')
  await take()
  expect(got).toEqual([['a', 'b']])
  pending.add('c')
  void take()
  await vi.advanceTimersByTimeAsync(50)
  expect(got).toEqual([['a', 'b'], ['c']])
})

test('the signal ends the waiting', async () => {
  const controller = new AbortController()
  const next = batches<string>({quiet: 50, longest: 300}).next(controller.signal)
  controller.abort()
  expect(await next).toBeUndefined()
})
