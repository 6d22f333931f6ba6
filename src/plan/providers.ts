import {inOrder} from '../base/graph.ts'
import type {Project, Provider, Service} from '../model/project.ts'
import {dependencyTable, withDependencies} from './order.ts'

export type Provided = Service & {readonly provider: Provider}
export type Variables = Readonly<Record<string, string>>

/** The services of other programs among the named ones and what they depend on, in dependency order. */
export function providedServices(project: Project, named: readonly string[], noDeps = false): Provided[] {
  const dependencies = dependencyTable(project, [])
  const all = named.length === 0 ? Object.keys(project.services) : named
  const chosen = noDeps ? new Set(all) : withDependencies(all, dependencies)
  const ordered = inOrder(Object.keys(project.services), service => Object.keys(dependencies(service)))
  return ordered.flatMap(name => (chosen.has(name) ? provided(project.services[name]) : []))
}

const provided = (service: Service | undefined): Provided[] =>
  service?.provider === undefined ? [] : [{...service, provider: service.provider}]

/** The project with the variables of a provider in the environment of those that depend on its service. */
export function withVariables(project: Project, provider: string, variables: Variables): Project {
  const services = Object.entries(project.services).map(([name, service]) => [
    name,
    provider in service.dependsOn ? {...service, environment: {...service.environment, ...variables}} : service,
  ])
  return {...project, services: Object.fromEntries(services)}
}

/** `db-main` and `URL`: `DB_MAIN_URL`. */
export const variableOf = (service: string, name: string): string =>
  `${service.toUpperCase().replaceAll('-', '_')}_${name}`

/** The words that follow the name of the program. */
export function providerWords(project: string, {name, provider}: Provided, action: 'up' | 'down'): string[] {
  const options = Object.entries(provider.options).flatMap(([key, values]) => values.map(each => `--${key}=${each}`))
  return ['compose', '--project-name', project, action, ...options, name]
}
