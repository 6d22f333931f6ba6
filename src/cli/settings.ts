import {StackError} from '../base/error.ts'
import {type AnsiMode, ansiModes, type Globals, type ProgressMode, progressModes} from './globals.ts'

/** How to show things, from the options or from what the environment says for options that were not given. */
export type Settings = {
  readonly ansi: AnsiMode
  readonly progress: ProgressMode
  /** Progress on standard output instead of standard error. */
  readonly statusOnStdout: boolean
  /** undefined: no limit. */
  readonly parallel: number | undefined
  readonly dryRun: boolean
}

export function settingsFrom(globals: Globals, environment: NodeJS.ProcessEnv): Settings {
  return {
    ansi: globals.ansi ?? word('COMPOSE_ANSI', ansiModes, environment) ?? 'auto',
    progress: globals.progress ?? word('COMPOSE_PROGRESS', progressModes, environment) ?? 'auto',
    statusOnStdout: isTrue(environment.COMPOSE_STATUS_STDOUT),
    parallel: limit(globals.parallel, environment),
    dryRun: globals['dry-run'],
  }
}

export const isTrue = (text: string | undefined): boolean => text === '1' || text?.toLowerCase() === 'true'

function word<Word extends string>(
  variable: string,
  words: readonly Word[],
  environment: NodeJS.ProcessEnv,
): Word | undefined {
  const text = environment[variable]
  if (!text) return undefined
  const known = words.find(each => each === text)
  if (known === undefined) throw wrong(variable, `one of ${words.join(', ')}`, text)
  return known
}

function limit(option: number | undefined, environment: NodeJS.ProcessEnv): number | undefined {
  const text = environment.COMPOSE_PARALLEL_LIMIT
  if (option === undefined && text && !/^-?\d+$/.test(text))
    throw wrong('COMPOSE_PARALLEL_LIMIT', 'a whole number', text)
  const value = option ?? (text ? Number(text) : -1)
  return value < 1 ? undefined : value
}

const wrong = (variable: string, wanted: string, text: string): StackError =>
  new StackError('usage', `${variable} is ${wanted}, not "${text}"`)
