import {slots} from '../base/slots.ts'
import {isWait, mayFail, type Step} from '../plan/step.ts'

export type Phase = 'started' | 'progress' | 'warned' | 'done' | 'failed' | 'skipped'

export type StepEvent = {
  readonly step: Step
  readonly phase: Phase
  /** Of progress, or of a warning. */
  readonly text?: string
  /** Of a failure. */
  readonly error?: unknown
  /** A failure that nothing needs to have succeeded: worth a warning, and not among the failures. */
  readonly optional?: boolean
}

/** Does one step. */
export type Perform = (step: Step, context: PerformContext) => Promise<void>
export type PerformContext = {
  readonly signal: AbortSignal
  readonly progress: (text: string) => void
  readonly warn: (text: string) => void
}

export type ExecuteOptions = {
  readonly report?: (event: StepEvent) => void
  /** When aborted no further step starts; those under way end by themselves. */
  readonly signal?: AbortSignal
  /** How many steps at a time; waiting for a condition is none. */
  readonly parallel?: number | undefined
}

export type Failure = {readonly step: Step; readonly error: unknown}

/** Runs steps as soon as their edges allow. A failure stops what depends on it, and nothing else. */
export async function execute(
  steps: readonly Step[],
  perform: Perform,
  options: ExecuteOptions = {},
): Promise<Failure[]> {
  const {report = () => {}, signal = new AbortController().signal} = options
  const slot = slots(options.parallel ?? Number.POSITIVE_INFINITY)
  const outcomes = new Map<Step, Promise<boolean>>()
  const failures: Failure[] = []
  const optional = mayFail(steps)

  async function run(step: Step): Promise<boolean> {
    await Promise.all(step.settled.map(each => outcomes.get(each)))
    const ready = await Promise.all(step.after.map(each => outcomes.get(each)))
    if (ready.includes(false)) return skip(step)
    return isWait(step) ? attempt(step) : slot(() => attempt(step))
  }

  async function attempt(step: Step): Promise<boolean> {
    if (signal.aborted) return skip(step)
    report({step, phase: 'started'})
    try {
      const say = (phase: 'progress' | 'warned') => (text: string) => report({step, phase, text})
      await perform(step, {signal, progress: say('progress'), warn: say('warned')})
    } catch (error) {
      if (!optional.has(step)) failures.push({step, error})
      report({step, phase: 'failed', error, optional: optional.has(step)})
      return false
    }
    report({step, phase: 'done'})
    return true
  }

  function skip(step: Step): boolean {
    report({step, phase: 'skipped'})
    return false
  }

  for (const step of steps) outcomes.set(step, run(step))
  await Promise.all(outcomes.values())
  return failures
}
