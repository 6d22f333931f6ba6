import {describe, expect, test} from 'vitest'
import {failureOf, startError} from '../../../../src/runtime/monitor/failure.ts'
import {encodeWords} from '../../../../src/runtime/monitor/program.ts'
import {commandOf, pidOf} from '../../../../src/runtime/monitor/start.ts'
import {statusOf} from '../../../../src/runtime/monitor/status.ts'

const answer =
  (...words: string[]) =>
  () =>
    pidOf(encodeWords(words), 'web')
const failed = (operation: string, subject: string, errno: string) =>
  answer('error', '3', operation, subject, errno, 'Some text')

describe('the answer to a start', () => {
  test('ok', () => expect(answer('ok', '77')()).toBe(77))

  test.each([
    ['exec', 'web', 'ENOENT', 'program-not-found', 127],
    ['exec', 'web', 'EACCES', 'program-not-found', 126],
    ['exec', 'web', 'ENOEXEC', 'program-not-found', 126],
    ['exec', 'web', 'ENOMEM', 'start-failed', undefined],
    ['exec', '/dev/pts/ptmx', 'ENOENT', 'start-failed', undefined],
    ['mount', 'web', 'ENOENT', 'start-failed', undefined],
  ])('%s %s %s is %s', (operation, subject, errno, code, exitCode) => {
    expect(failed(operation, subject, errno)).toThrow(
      expect.objectContaining({code, exitCode, message: `${operation} ${subject}: Some text (${errno})`}),
    )
  })

  test('none at all', () => {
    expect(() => pidOf('', 'web')).toThrow('the monitor ended without an answer')
  })
})

test('an answer without an index', () => {
  const failure = failureOf(['error', 'signal', 'ESRCH', 'No such process'])
  expect(failure).toEqual({operation: 'signal', subject: '', errno: 'ESRCH', text: 'No such process'})
  expect(startError(failure, undefined).message).toBe('signal: No such process (ESRCH)')
})

test('the program of a list is what its last step runs', () => {
  expect(commandOf([['hold'], ['exec', 'web', '-f']])).toBe('web')
  expect(commandOf([['hold']])).toBeUndefined()
})

test('a status', () => {
  expect(statusOf(['held', '5', '1000'])).toEqual({kind: 'alive', pid: 5, startedAt: 1000, isHeld: true})
  expect(statusOf(['running', '5', '1000'])).toEqual({kind: 'alive', pid: 5, startedAt: 1000, isHeld: false})
  expect(statusOf(['exited', '137', '9', '1', '1000', '2000'])).toEqual({
    kind: 'exited',
    exit: {code: 137, signal: 9, oom: true, startedAt: 1000, finishedAt: 2000},
  })
})
