/** What a check found out, in plain words. */
export type Finding = {
  readonly name: string
  readonly state: 'ok' | 'missing' | 'unknown'
  /** Without it no container can be started. */
  readonly essential: boolean
  readonly detail: string
  /** How to get it; only for what is missing. */
  readonly fix?: string
}

/** The host as the checks see it; a test gives a made-up one. */
export type Host = {
  /** The text of a file, or undefined where it cannot be read. */
  readonly read: (path: string) => string | undefined
  readonly exists: (path: string) => boolean
  /** Whether a file could be made in the directory, or it in its parent. */
  readonly canWrite: (directory: string) => boolean
  /** Where a program is, looked for in PATH. */
  readonly find: (program: string) => string | undefined
  /** What a program prints; undefined where it is missing, fails, or takes more than some seconds. */
  readonly run: (program: string, words: readonly string[]) => string | undefined
  readonly nodeVersion: string
  /** Where the addon and the monitor were built. */
  readonly buildDirectory: string
  readonly stateDirectory: string
  readonly runDirectory: string
}

export type Check = (host: Host) => readonly Finding[]

type Words = {readonly name: string; readonly essential?: boolean; readonly detail: string; readonly fix: string}

/** A finding that is fine or not: the fix is said only where it is needed. */
export const finding = (ok: boolean | undefined, {name, essential = false, detail, fix}: Words): Finding =>
  ok === true
    ? {name, state: 'ok', essential, detail}
    : {name, state: ok === undefined ? 'unknown' : 'missing', essential, detail, fix}
