import type {Service} from '../model/project.ts'

/** The named services and all that they depend on, in whatever depth. */
export function withDependencies(names: readonly string[], services: Readonly<Record<string, Service>>): string[] {
  const all = new Set(names)
  for (const name of all) for (const each of Object.keys(services[name]?.dependsOn ?? {})) all.add(each)
  return [...all].filter(name => services[name] !== undefined)
}
