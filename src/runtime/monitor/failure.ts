import {StackError} from '../../base/error.ts'

/** An `error` answer of the monitor: INDEX OPERATION SUBJECT ERRNO TEXT, where only programs have an index. */
export type Failure = {
  readonly operation: string
  readonly subject: string
  readonly errno: string
  readonly text: string
}

export function failureOf(words: readonly string[]): Failure {
  const [, index = '', operation = index, subject = '', errno = '', text = ''] = words
  if (words.length >= 6) return {operation, subject, errno, text}
  // `error signal ESRCH No such process`
  return {operation: index, subject: '', errno: operation, text: subject}
}

/** As a shell has it: 127 for a program that is not there, 126 for one that cannot be run. */
const exitCodes: Readonly<Record<string, number>> = {ENOENT: 127, ENOTDIR: 127, EACCES: 126, ENOEXEC: 126, EISDIR: 126}

/** The failed start of a program, `command` being the one it was to exec. */
export function startError(failure: Failure, command: string | undefined): StackError {
  const {operation, subject, errno} = failure
  const exitCode = operation === 'exec' && subject === command ? exitCodes[errno] : undefined
  if (exitCode === undefined) return new StackError('start-failed', describeFailure(failure))
  const hint = exitCode === 127 ? 'check the command, and PATH of the image' : 'is it an executable for this machine?'
  return new StackError('program-not-found', describeFailure(failure), {exitCode, hint})
}

export const describeFailure = ({operation, subject, errno, text}: Failure): string =>
  `${subject === '' ? operation : `${operation} ${subject}`}: ${text} (${errno})`
