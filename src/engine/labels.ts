import type {Dependency, DependencyCondition} from '../model/project.ts'

/** Docker Compose's labels, so that every tool groups our projects as its own. */
const prefix = 'com.docker.compose.'

export const label = {
  project: `${prefix}project`,
  service: `${prefix}service`,
  number: `${prefix}container-number`,
  oneoff: `${prefix}oneoff`,
  configHash: `${prefix}config-hash`,
  dependsOn: `${prefix}depends_on`,
  /** Name of the container that this one took the place of. */
  replace: `${prefix}replace`,
  workingDir: `${prefix}project.working_dir`,
  configFiles: `${prefix}project.config_files`,
  version: `${prefix}version`,
  network: `${prefix}network`,
  volume: `${prefix}volume`,
  /** `pre_start` on a container that runs before its service. */
  hook: `${prefix}hook`,
  /** Of stack itself: what is to be run inside the container, so that it is known when there is no file. */
  hooks: 'stack.hooks',
} as const

/** `db:service_healthy:false,cache:service_started:true` */
export const formatDependencies = (dependsOn: Readonly<Record<string, Dependency>>): string =>
  Object.entries(dependsOn)
    .map(([service, {condition, restart}]) => `${service}:${condition}:${restart}`)
    .join(',')

/** What `formatDependencies` wrote, for when there is no file to ask. */
export function parseDependencies(text: string): Record<string, Dependency> {
  const entries = text.split(',').flatMap(part => {
    const [service = '', condition = 'service_started', restart] = part.split(':')
    if (service === '') return []
    return [
      [service, {condition: condition as DependencyCondition, restart: restart === 'true', required: true}] as const,
    ]
  })
  return Object.fromEntries(entries)
}
