import type {HistoryEntry, Image, ImageConfig} from '../../model/image.ts'
import {expand} from '../dockerfile/expand.ts'
import type {Raw} from '../dockerfile/instruction.ts'
import {failureAt} from '../failure.ts'

/** A stage after some of its instructions. */
export type State = {
  /** Its files. */
  readonly step: Image
  readonly config: ImageConfig
  /** ARG, by name, those with a value. */
  readonly args: ReadonlyMap<string, string>
  readonly history: readonly HistoryEntry[]
  readonly onBuild: readonly string[]
  readonly author: string
  /** CMD is its own, not what the base had. */
  readonly hasOwnCmd: boolean
  readonly escapeBy: string
}

export const environmentOf = ({config}: State): Map<string, string> =>
  new Map(config.env.map(each => [each.split('=', 1)[0]!, each.slice(each.indexOf('=') + 1)]))

/** ENV before ARG, as Docker has it. */
export function expanded(state: State, {text, at}: Raw): string {
  const env = environmentOf(state)
  const found = expand(text, {get: name => env.get(name) ?? state.args.get(name), escapeBy: state.escapeBy})
  if ('text' in found) return found.text
  throw failureAt({...at, start: at.start + found.at}, found.problem)
}

type Recorded = {readonly createdBy: string; readonly emptyLayer: boolean; readonly at: number}

export const recorded = (state: State, {createdBy, emptyLayer, at}: Recorded): State => ({
  ...state,
  history: [...state.history, {created: at, createdBy, comment: 'stack', emptyLayer}],
})
