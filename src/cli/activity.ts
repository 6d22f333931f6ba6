import {describe} from '../base/error.ts'
import type {StepEvent} from '../execute/execute.ts'
import type {Step} from '../plan/step.ts'
import {progressWords, thingOf} from '../plan/words.ts'
import type {Activity} from '../ui/renderer.ts'

/** Everything that a plan touches, once each, in its order. */
export const thingsOf = (steps: readonly Step[]): string[] => [
  ...new Set(steps.map(({operation}) => thingOf(operation))),
]

/** Turns what happens to the steps of one plan into what is shown of the things that they are about. */
export function activities(steps: readonly Step[]): (event: StepEvent) => Activity | undefined {
  const left = new Map<string, number>()
  for (const {operation} of steps) left.set(thingOf(operation), (left.get(thingOf(operation)) ?? 0) + 1)
  return ({step: {operation}, phase, text: details, error, optional}) => {
    const id = thingOf(operation)
    const [doing, done] = progressWords[operation.kind]
    if (phase === 'warned') return undefined
    if (phase === 'started') return {id, text: doing, status: 'working'}
    if (phase === 'progress') return {id, text: doing, status: 'working', ...(details === undefined ? {} : {details})}
    const rest = left.get(id)! - 1
    left.set(id, rest)
    if (phase === 'failed' && optional) return {id, text: 'Warning', status: 'warning', details: describe(error)}
    if (phase === 'failed') return {id, text: 'Error', status: 'error', details: describe(error)}
    return phase === 'done' ? {id, text: done, status: 'done', ...(rest > 0 ? {more: true} : {})} : undefined
  }
}
