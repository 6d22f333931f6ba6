import {join} from 'node:path'
import type {Instruction, Mount} from '../dockerfile/instruction.ts'
import type {RunMount} from '../request.ts'
import type {StepContext} from './stage.ts'
import type {State} from './state.ts'

export type RunInstruction = Extract<Instruction, {kind: 'run'}>

export type Undo = Array<() => unknown>

/** What a program gets for a mount; `secretEnv` is written nowhere. */
export type Taken = {
  readonly mounts?: readonly RunMount[]
  readonly env?: readonly string[]
  readonly secretEnv?: readonly string[]
}

/** A mount of RUN: what of it makes the step another, and how it comes to be; what it registers is undone after the run. */
export type WantedMount = {readonly identity: unknown; take(undo: Undo): Promise<Taken>}

/** `options` are expanded. */
export type Given = {
  readonly state: State
  readonly instruction: RunInstruction
  readonly mount: Mount
  readonly options: ReadonlyMap<string, string>
  readonly context: StepContext
}

export const targetOf = ({state, options}: Given): string => {
  const target = options.get('target') ?? ''
  return target.startsWith('/') ? join('/', target) : join('/', state.config.workingDir, target)
}

export const isTrue = (options: ReadonlyMap<string, string>, name: string): boolean =>
  options.has(name) && options.get(name) !== 'false'
