import {StackError} from '../base/error.ts'
import type {ActualContainer} from '../engine/engine.ts'
import {checkServices} from '../plan/selection.ts'
import type {Context, Scope} from './context.ts'

/** Services of a scope: those of the file and those that have containers. */
export const servicesOf = ({project}: Scope, containers: readonly ActualContainer[]): string[] => [
  ...Object.keys(project?.services ?? {}),
  ...Object.keys(project?.disabledServices ?? {}),
  ...containers.map(({service}) => service),
]

/** The project's containers of the named services, or of all; one-off ones left out. By name, numbers in order. */
export async function containersOf(context: Context, services: readonly string[]): Promise<ActualContainer[]> {
  const scope = await context.scope()
  const {containers} = await (await context.engine()).observe(scope.name)
  checkServices(services, servicesOf(scope, containers))
  return sorted(
    containers.filter(({oneoff, service}) => !oneoff && (services.length === 0 || services.includes(service))),
  )
}

export const sorted = (containers: readonly ActualContainer[]): ActualContainer[] =>
  [...containers].sort((a, b) => compare(a.service, b.service) || a.number - b.number || compare(a.name, b.name))

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The container of a service that a command like `exec` means: the one with this number, else the lowest running. */
export async function oneContainer(
  context: Context,
  service: string,
  index: number | undefined,
): Promise<ActualContainer> {
  const all = await containersOf(context, [service])
  const candidates =
    index === undefined ? all.filter(({status}) => status === 'running') : all.filter(({number}) => number === index)
  const found = candidates[0]
  if (found !== undefined) return found
  const which =
    index === undefined ? `service "${service}" is not running` : `service "${service}" has no container ${index}`
  throw new StackError('not-found', which, {hint: `stack up -d ${service}`})
}

/** `web-1` of `shop-web-1`: how a container is called where the project is clear; a name of its own stays. */
export const shortName = ({name, service, number}: Pick<ActualContainer, 'name' | 'service' | 'number'>): string =>
  name.endsWith(`-${service}-${number}`) ? `${service}-${number}` : name
