import {describe, StackError} from '../base/error.ts'
import {execute, type Failure, type StepEvent} from '../execute/execute.ts'
import {perform} from '../execute/perform.ts'
import {type ContainerRef, type Plan, render} from '../plan/step.ts'
import {thingOf} from '../plan/words.ts'
import {hookOutput} from '../ui/hook-output.ts'
import type {Renderer} from '../ui/renderer.ts'
import {activities, thingsOf} from './activity.ts'
import type {Context} from './context.ts'
import {withExitCode} from './failure.ts'
import {shortName} from './selection.ts'

export type Applying = {
  /** What is being done, in a word: the command. */
  readonly title: string
  /** Seconds until it is given up. */
  readonly patience?: number | undefined
  /** Breaks it off; whoever gives one listens for interrupts himself. */
  readonly signal?: AbortSignal
  /** Containers' output is printed meanwhile. */
  readonly amongOutput?: boolean
  /** Images are fetched without showing how far they are. */
  readonly quietPull?: boolean
}

/** Does what a plan says and shows it, or with --dry-run only says it. Fails with the first failure when all is over. */
export async function apply(context: Context, plan: Plan, applying: Applying): Promise<void> {
  if (context.settings.dryRun) return showPlan(context, plan)
  const renderer = await (applying.amongOutput ? context.lineRenderer() : context.renderer())
  for (const warning of plan.warnings) renderer.note('warning', warning)
  if (plan.steps.length === 0) return
  const limit = new AbortController()
  const {patience} = applying
  const timer = patience === undefined ? undefined : setTimeout(() => limit.abort(), patience * 1000)
  const failures = await run(context, plan, {applying, renderer, limit: limit.signal}).finally(() =>
    clearTimeout(timer),
  )
  if (limit.signal.aborted) throw new StackError('timeout', `application not healthy after ${patience}s`)
  fail(failures, renderer)
}

/** The plan as text: what `plan` and `--dry-run` print. */
export async function showPlan(context: Context, {steps, warnings}: Plan): Promise<void> {
  const renderer = await context.renderer()
  for (const warning of warnings) renderer.note('warning', warning)
  context.print(steps.length === 0 ? 'nothing to do\n' : `${render(steps)}\n`)
}

type Running = {readonly applying: Applying; readonly renderer: Renderer; readonly limit: AbortSignal}

async function run(context: Context, {steps}: Plan, {applying, renderer, limit}: Running): Promise<Failure[]> {
  const [engine, {name}] = await Promise.all([context.engine(), context.scope()])
  const own = applying.signal === undefined ? context.io.interrupts.abortSignal() : undefined
  const signal = AbortSignal.any([limit, applying.signal ?? own!.signal])
  const activityOf = activities(steps)
  const isQuiet = ({step, phase}: StepEvent) =>
    applying.quietPull && phase === 'progress' && step.operation.kind === 'ensure-image'
  const report = (event: StepEvent) => {
    if (event.phase === 'warned') renderer.note('warning', `${thingOf(event.step.operation)}: ${event.text}`)
    const activity = isQuiet(event) ? undefined : activityOf(event)
    if (activity !== undefined) renderer.tell(activity)
  }
  renderer.begin(applying.title, thingsOf(steps))
  try {
    const output = (container: ContainerRef) => hookOutput(shortName(container), context.print)
    return await execute(steps, perform(engine, name, output), {signal, report, parallel: context.settings.parallel})
  } finally {
    own?.stop()
    await renderer.end()
  }
}

/** The first failure is thrown; the others would be lost, so they are said before it. */
function fail(failures: readonly Failure[], renderer: Renderer): void {
  const [first, ...others] = failures.filter(({error}) => !(error instanceof StackError && error.code === 'cancelled'))
  for (const {error} of others) renderer.note('error', describe(error))
  // A container's exit code in an error is that of `exec`; of a plan that fails it is 1.
  if (first !== undefined) throw withExitCode(first.error, 1)
}
