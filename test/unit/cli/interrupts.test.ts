import {expect, test, vi} from 'vitest'
import {exitCodeOf, Silent} from '../../../src/cli/failure.ts'
import {Interrupts} from '../../../src/cli/interrupts.ts'

test('where nobody listens the first interrupt leaves', () => {
  const leave = vi.fn<() => void>()
  new Interrupts(leave).raise()
  expect(leave).toHaveBeenCalledOnce()
})

test('who listens is told, and is told no more when he has stopped', () => {
  const [leave, listener] = [vi.fn<() => void>(), vi.fn<(count: number) => void>()]
  const interrupts = new Interrupts(leave)
  const stop = interrupts.listen(listener)
  interrupts.raise()
  interrupts.raise()
  expect(listener.mock.calls).toEqual([[1], [2]])
  expect(leave).not.toHaveBeenCalled()
  stop()
  interrupts.raise()
  expect(listener).toHaveBeenCalledTimes(2)
  expect(leave).toHaveBeenCalledOnce()
})

test('the third leaves whoever listens', () => {
  const leave = vi.fn<() => void>()
  const interrupts = new Interrupts(leave)
  interrupts.listen(() => {})
  for (let press = 0; press < 3; press++) interrupts.raise()
  expect(leave).toHaveBeenCalledOnce()
})

test('a signal is aborted by the first, and the second leaves', () => {
  const leave = vi.fn<() => void>()
  const interrupts = new Interrupts(leave)
  const {signal} = interrupts.abortSignal()
  expect(signal.aborted).toBe(false)
  interrupts.raise()
  expect(signal.aborted).toBe(true)
  expect(leave).not.toHaveBeenCalled()
  interrupts.raise()
  expect(leave).toHaveBeenCalledOnce()
})

test('a signal that is asked for after the interrupt is aborted already', () => {
  const interrupts = new Interrupts(() => {})
  interrupts.listen(() => {})
  interrupts.raise()
  expect(interrupts.abortSignal().signal.aborted).toBe(true)
})

test('exit codes', () => {
  expect(exitCodeOf(new Silent(3))).toBe(3)
  expect(exitCodeOf(new Error('bug'))).toBe(1)
})
