import {StackError} from '../base/error.ts'

/** What is said of a container whose output is not kept. */
export const noLogs = 'keeps no output: its logging driver is none'

/** Whether the engine refused to read a log because there is none; Docker says it in words only. */
export const isWithoutLogs = (error: unknown): boolean =>
  error instanceof StackError && /logging driver does not support reading/.test(error.message)
