import {StackError} from '../base/error.ts'
import {findCycle, reachable} from '../base/graph.ts'
import type {ActualContainer} from '../engine/engine.ts'
import {label, parseDependencies} from '../engine/labels.ts'
import type {Dependency, Project, Service} from '../model/project.ts'
import {peersOf} from './sharing.ts'

/** What each service depends on, by service: of the file, or of the labels where there is none. */
export type Dependencies = (service: string) => Readonly<Record<string, Dependency>>

/** `depends_on`, and the services whose network or other namespaces are shared. */
export function dependenciesOf(service: Service): Readonly<Record<string, Dependency>> {
  const parents = [networkParent(service) ?? [], peersOf(service)].flat().filter(each => !(each in service.dependsOn))
  if (parents.length === 0) return service.dependsOn
  const implied: Dependency = {condition: 'service_started', restart: true, required: true}
  return {...service.dependsOn, ...Object.fromEntries(parents.map(each => [each, implied]))}
}

/** The service named by `network_mode: service:x`. */
export const networkParent = ({networkMode}: Pick<Service, 'networkMode'>): string | undefined =>
  networkMode.startsWith('service:') ? networkMode.slice('service:'.length) : undefined

/** The services named by `volumes_from`. */
export const volumeSources = ({volumesFrom = []}: Pick<Service, 'volumesFrom'>): string[] =>
  volumesFrom.flatMap(each => ('service' in each ? [each.service] : []))

export function dependencyTable(project: Project | undefined, containers: readonly ActualContainer[]): Dependencies {
  const table = new Map<string, Readonly<Record<string, Dependency>>>()
  for (const {service, labels} of containers) {
    const text = labels[label.dependsOn]
    if (text !== undefined) table.set(service, parseDependencies(text))
  }
  const services = {...project?.disabledServices, ...project?.services}
  for (const service of Object.values(services)) table.set(service.name, dependenciesOf(service))
  return service => table.get(service) ?? {}
}

/** The services and all that they depend on. */
export const withDependencies = (services: Iterable<string>, dependencies: Dependencies): Set<string> =>
  reachable(services, service => Object.keys(dependencies(service)))

/** The services that depend on one, directly. */
export const dependentsOf = (service: string, all: Iterable<string>, dependencies: Dependencies): string[] =>
  [...all].filter(each => service in dependencies(each))

/** Fails where services wait for each other. */
export function checkCycle(services: Iterable<string>, dependencies: Dependencies): void {
  const cycle = findCycle(services, service => Object.keys(dependencies(service)))
  if (cycle !== undefined) throw new StackError('invalid-file', `services wait for each other: ${cycle.join(' → ')}`)
}

/** Whether others wait for its successful end. */
export const isJob = (project: Project, name: string): boolean =>
  Object.values(project.services).some(each => each.dependsOn[name]?.condition === 'service_completed_successfully')
