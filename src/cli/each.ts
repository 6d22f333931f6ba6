import type {ActualContainer, ContainerStatus, Engine} from '../engine/engine.ts'
import type {Context} from './context.ts'
import {containersOf} from './selection.ts'
import {workOn} from './work.ts'

export type Doing = {
  readonly title: string
  readonly doing: string
  readonly done: string
  readonly states: readonly ContainerStatus[]
  readonly services: readonly string[]
}

/** Does one thing to all containers of the services that are in one of the states. */
export async function eachContainer(
  context: Context,
  {title, doing, done, states, services}: Doing,
  action: (engine: Engine, container: ActualContainer) => Promise<void>,
): Promise<void> {
  const engine = await context.engine()
  const chosen = (await containersOf(context, services)).filter(({status}) => states.includes(status))
  const prefix = context.settings.dryRun ? 'DRY-RUN MODE - ' : ''
  const tasks = chosen.map(each => ({
    id: `${prefix}Container ${each.name}`,
    doing,
    done,
    run: async () => (context.settings.dryRun ? undefined : action(engine, each)),
  }))
  await workOn(title, tasks, await context.renderer())
}
