import {StackError, within} from '../base/error.ts'
import type {Project} from '../model/project.ts'
import {type Provided, withVariables} from '../plan/providers.ts'
import type {Context} from './context.ts'

/** Has other programs provide their services, one after the other; gives the project with what they say. */
export async function provide(context: Context, project: Project, services: readonly Provided[]): Promise<Project> {
  if (services.length === 0) return project
  if (context.settings.dryRun) {
    const names = services.map(({name}) => name).join(', ')
    const note = `nobody is asked to provide ${names}: what depends on them is shown as if they set no variables`
    ;(await context.renderer()).note('warning', note)
    return project
  }
  let provided = project
  await ask(context, project, {services, action: 'up', doing: 'Providing', done: 'Provided'}, (name, variables) => {
    provided = withVariables(provided, name, variables)
  })
  return provided
}

/** Has other programs take their services away, all of them although one cannot. */
export async function withdraw(context: Context, project: Project, services: readonly Provided[]): Promise<void> {
  if (services.length === 0 || context.settings.dryRun) return
  const failures: unknown[] = []
  for (const each of services) {
    const asking = {services: [each], action: 'down', doing: 'Removing', done: 'Removed'} as const
    await ask(context, project, asking, () => {}).catch(error => failures.push(error))
  }
  if (failures.length > 0) throw failures[0]
}

type Asking = {
  readonly services: readonly Provided[]
  readonly action: 'up' | 'down'
  readonly doing: string
  readonly done: string
}

async function ask(
  context: Context,
  {name: project, workingDirectory: directory}: Project,
  {services, action, doing, done}: Asking,
  given: (service: string, variables: Record<string, string>) => void,
): Promise<void> {
  const {runProvider} = await import('../execute/provider/run.ts')
  const renderer = await context.renderer()
  const {signal, stop} = context.io.interrupts.abortSignal()
  const idOf = ({name}: Provided) => `Service ${name}`
  renderer.begin(action, services.map(idOf))
  try {
    for (const service of services) {
      const id = idOf(service)
      const progress = (details: string) => renderer.tell({id, text: doing, status: 'working', details})
      const asking = {project, directory, environment: context.environment, signal, progress}
      if (signal.aborted) throw new StackError('cancelled', 'interrupted')
      renderer.tell({id, text: doing, status: 'working'})
      try {
        given(service.name, await within(wording(service, action), () => runProvider(service, action, asking)))
      } catch (error) {
        renderer.tell({id, text: 'Error', status: 'error'})
        throw error
      }
      renderer.tell({id, text: done, status: 'done'})
    }
  } finally {
    stop()
    await renderer.end()
  }
}

const wording = ({name, provider}: Provided, action: string): string => `"${provider.type}" cannot ${action} "${name}"`
