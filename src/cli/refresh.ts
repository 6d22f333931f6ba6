import {imagesToRefresh, presentImages} from '../execute/images.ts'
import {dependencyTable, withDependencies} from '../plan/order.ts'
import type {Context} from './context.ts'
import type {UpValues} from './up-options.ts'
import {workOn} from './work.ts'

/**
 * Images that are here, and of which the newest is wanted, are fetched before anything is planned: what runs an older
 * one is then replaced. Gives the options to plan with; those that are not here the plan itself fetches.
 */
export async function refreshImages(
  context: Context,
  values: UpValues,
  services: readonly string[],
): Promise<UpValues> {
  const project = await context.project(services)
  const all = Object.values(project.services)
  const needed = values['no-deps'] ? services : [...withDependencies(services, dependencyTable(project, []))]
  const chosen = services.length === 0 ? all : all.filter(({name}) => needed.includes(name))
  const pull = values.pull === 'policy' ? undefined : values.pull
  const wanted = imagesToRefresh(chosen, pull)
  if (wanted.length === 0) return values
  const engine = await context.engine()
  const present = await presentImages(engine, chosen)
  const tasks = wanted
    .filter(image => present.has(image))
    .map(image => ({
      id: `Image ${image}`,
      doing: 'Pulling',
      done: 'Pulled',
      run: (progress: (text: string) => void) =>
        engine.ensureImage(image, 'always', values['quiet-pull'] ? undefined : progress),
    }))
  if (tasks.length > 0) await workOn('pull', tasks, await context.renderer())
  return pull === 'always' ? {...values, pull: 'missing'} : values
}
