import type {Span} from '../../base/diagnostic.ts'
import type {Heredoc, Line} from './line.ts'

/** As it was written, quotes and variables in it, and where. */
export type Raw = {readonly text: string; readonly at: Span}

/** In the exec form a list of words, in the shell form a line for the shell. */
export type Command = {readonly exec: readonly string[]} | {readonly shell: string}

export type Mount = {
  readonly at: Span
  readonly type: 'bind' | 'cache' | 'tmpfs' | 'secret' | 'ssh'
  /** Raw values by their names: `target`, `from`, `source`, `id`, … */
  readonly options: Readonly<Record<string, Raw>>
}

export type Body =
  | {readonly kind: 'from'; readonly image: Raw; readonly platform?: Raw; readonly name?: string}
  | {
      readonly kind: 'run'
      readonly command: Command
      readonly mounts: readonly Mount[]
      readonly network?: Raw
      readonly heredocs: readonly Heredoc[]
    }
  | {
      readonly kind: 'copy' | 'add'
      readonly sources: readonly Raw[]
      readonly target: Raw
      readonly from?: Raw
      readonly chown?: Raw
      readonly chmod?: Raw
      readonly checksum?: Raw
      readonly keepGitDir: boolean
      /** Unless said, archives of the context are unpacked, and those of elsewhere are not. */
      readonly unpack?: boolean
      readonly parents: boolean
      readonly link: boolean
      readonly excludes: readonly Raw[]
      /** Sources that are content: by their index among `sources`. */
      readonly contents: ReadonlyMap<number, Heredoc>
    }
  | {readonly kind: 'env' | 'label'; readonly pairs: ReadonlyArray<{readonly name: Raw; readonly value: Raw}>}
  | {
      readonly kind: 'arg'
      readonly names: ReadonlyArray<{readonly name: string; readonly value?: Raw; readonly at: Span}>
    }
  | {readonly kind: 'workdir' | 'user' | 'stopsignal' | 'maintainer'; readonly value: Raw}
  | {readonly kind: 'cmd' | 'entrypoint'; readonly command: Command}
  | {readonly kind: 'shell'; readonly words: readonly string[]}
  | {readonly kind: 'expose' | 'volume'; readonly words: readonly Raw[]}
  | {readonly kind: 'healthcheck'; readonly check: Healthcheck | 'none'}
  | {readonly kind: 'onbuild'; readonly trigger: string}

/** Durations in milliseconds. */
export type Healthcheck = {
  readonly command: Command
  readonly interval?: number
  readonly timeout?: number
  readonly startPeriod?: number
  readonly startInterval?: number
  readonly retries?: number
}

/** `text` is how it is shown: `RUN npm ci`. */
export type Instruction = Body & {readonly at: Span; readonly text: string; readonly line: Line}

export type From = Extract<Instruction, {kind: 'from'}>

export type Stage = {
  readonly index: number
  /** In lower case, or undefined. */
  readonly name: string | undefined
  readonly from: From
  readonly instructions: readonly Instruction[]
}

export type Dockerfile = {
  readonly escapeBy: string
  /** ARG before the first FROM. */
  readonly args: ReadonlyArray<Extract<Instruction, {kind: 'arg'}>>
  readonly stages: readonly Stage[]
}
