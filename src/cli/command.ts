import type {Context} from './context.ts'

type Described = {readonly description: string; readonly short?: string; readonly hidden?: boolean}

/** One option; its name is the key in `options`, long and with dashes. */
export type Option =
  | (Described & {readonly type: 'boolean'; readonly default?: boolean})
  | (Described & {readonly type: 'string'; readonly value: string; readonly multiple?: boolean})
  | (Described & {readonly type: 'choice'; readonly choices: readonly string[]})
  | (Described & {readonly type: 'integer'; readonly value: string; readonly minimum?: number})

export type Options = Readonly<Record<string, Option>>

type ValueOf<O extends Option> = O extends {type: 'boolean'}
  ? boolean
  : O extends {multiple: true}
    ? readonly string[]
    : O extends {type: 'choice'; choices: readonly (infer Choice)[]}
      ? Choice | undefined
      : O extends {type: 'integer'}
        ? number | undefined
        : string | undefined

export type Values<O extends Options> = {readonly [Name in keyof O]: ValueOf<O[Name]>}

export type Invocation<O extends Options> = {
  readonly values: Values<O>
  readonly operands: readonly string[]
  readonly context: Context
}

/** What a command module says of itself; `run` gives the exit code, nothing is 0. */
export type Definition<O extends Options> = {
  readonly summary: string
  /** After the program's name: `stop [OPTIONS] [SERVICE...]`. */
  readonly usage: string
  /** A few sentences for the command's own help. */
  readonly details?: string
  readonly options: O
  /** Everything from the first operand on belongs to somebody else's command line. */
  readonly operandsEndOptions?: boolean
  readonly operands?: {readonly minimum?: number; readonly maximum?: number}
  run(invocation: Invocation<O>): Promise<number | undefined>
}

/** A command whose option types have been forgotten, so that a list can hold it. */
export type Command = Omit<Definition<Options>, 'run'> & {
  run(invocation: {values: unknown; operands: readonly string[]; context: Context}): Promise<number | undefined>
}

/** Keeps the names of the options in the type of `values`: `values.nope` does not compile. */
export const command = <const O extends Options>(definition: Definition<O>): Command => definition as unknown as Command
