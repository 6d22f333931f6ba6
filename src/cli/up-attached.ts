import {describe} from '../base/error.ts'
import {planStop} from '../plan/lifecycle.ts'
import {dependencyTable, withDependencies} from '../plan/order.ts'
import {checkServices} from '../plan/selection.ts'
import {apply} from './apply.ts'
import type {Context} from './context.ts'
import {graceOf} from './grace.ts'
import {interruptedCode} from './interrupts.ts'
import {Stopper} from './stopper.ts'
import type {UpValues} from './up-options.ts'
import type {PlannedUp} from './up-plan.ts'
import {type Attach, Watching} from './watching.ts'

export type AttachedUp = {readonly planned: PlannedUp; readonly values: UpValues; readonly services: readonly string[]}

/** Starts everything and shows its output until it ends or is interrupted. Gives the exit code. */
export async function upAttached(context: Context, up: AttachedUp, attach: Attach = asLines): Promise<number> {
  const {interrupts, stderr} = context.io
  const shown = shownServices(up)
  const stopper = stopperFor(context, up)
  const starting = new AbortController()
  let end = () => starting.abort()
  const unlisten = interrupts.listen(count => {
    if (count > 1) return stopper.force()
    end()
    stderr.write('Gracefully Stopping... press Ctrl+C again to force\n')
  })
  try {
    const since = Date.now()
    await start(context, up, starting.signal)
    const attached = attach(context, {...up, shown, since, stopper})
    end = () => attached.stop()
    if (interrupts.count > 0) await stopper.stop()
    else await attached.run()
    return interrupts.count > 0 ? interruptedCode : await attached.exitCode()
  } finally {
    unlisten()
  }
}

const asLines: Attach = (context, watched) => {
  const watching = new Watching(context, watched)
  if (!watched.values.watch) return watching
  return {
    run: () => alongside(context, watched, watching),
    stop: () => watching.stop(),
    exitCode: () => watching.exitCode(),
  }
}

/** Changes of files are brought into the containers as long as their output is shown; without that the output goes on. */
async function alongside(context: Context, up: AttachedUp, watching: Watching): Promise<void> {
  const {watchStack} = await import('./watch-stack.ts')
  const ended = new AbortController()
  const session = watchStack(context, {...up, signal: ended.signal}).catch(async error =>
    (await context.lineRenderer()).note('error', `files are not watched: ${describe(error)}`),
  )
  try {
    await watching.run()
  } finally {
    ended.abort()
    await session
  }
}

/** An interrupt breaks the start off; what it leaves undone is then no failure. */
async function start(context: Context, {planned, values}: AttachedUp, signal: AbortSignal): Promise<void> {
  try {
    await apply(context, planned.plan, {title: 'up', signal, quietPull: values['quiet-pull']})
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

function stopperFor(context: Context, {planned: {engine, project}, values, services}: AttachedUp): Stopper {
  const dependencies = dependencyTable(project, [])
  const started = services.length === 0 || values['no-deps'] ? services : [...withDependencies(services, dependencies)]
  return new Stopper({
    engine,
    project: project.name,
    interrupts: context.io.interrupts,
    stop: async signal => {
      const {scope, actual} = await context.observe()
      const there = started.filter(name => actual.containers.some(({service}) => service === name))
      if (started.length > 0 && there.length === 0) return
      await apply(context, planStop(scope, actual, {services: there, ...graceOf(values)}), {
        title: 'stop',
        signal,
        amongOutput: true,
      })
    },
  })
}

/** Services whose output is shown: those that were named or all, as far as their own wishes and the options go. */
export function shownServices({
  planned: {project},
  values,
  services,
}: Pick<AttachedUp, 'planned' | 'values' | 'services'>): ReadonlySet<string> {
  const {attach, 'exit-code-from': decisive} = values
  const all = Object.keys(project.services)
  checkServices([...attach, ...values['no-attach'], ...(decisive === undefined ? [] : [decisive])], all)
  const named = values['attach-dependencies'] ? [...withDependencies(services, dependencyTable(project, []))] : services
  const wanted =
    attach.length > 0 ? attach : named.length > 0 ? named : all.filter(name => project.services[name]!.attach)
  return new Set([
    ...wanted.filter(name => !values['no-attach'].includes(name)),
    ...(decisive === undefined ? [] : [decisive]),
  ])
}
