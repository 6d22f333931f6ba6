import {findCycle} from '../../base/graph.ts'
import type {Canonical} from '../canonical-form.ts'
import type {Switched} from '../profiles.ts'
import type {Tell} from './check.ts'

/** What is switched on can only wait for what is switched on, and nothing waits for itself. */
export function checkDependencies(model: Canonical, {on, off}: Switched, tell: Tell): void {
  for (const [name, service] of Object.entries(on)) {
    for (const [key, dependency] of Object.entries(service.depends_on ?? {})) {
      const profiles = off[key]?.profiles
      if (profiles === undefined || dependency.required === false) continue
      tell('undefined-reference', ['services', name, 'depends_on', key], {
        message: `services.${name} depends on ${key}, whose profile is not active`,
        hint: `add --profile ${profiles[0]}`,
      })
    }
  }
  const cycle = findCycle(Object.keys(model.services), name => Object.keys(model.services[name]?.depends_on ?? {}))
  if (cycle === undefined) return
  tell('dependency-cycle', ['services', cycle[0]!, 'depends_on', cycle[1] ?? cycle[0]!], {
    message: `dependency cycle: ${cycle.join(' → ')}`,
    hint: 'take one of these dependencies away',
  })
}

/** Two containers cannot have one name. */
export function checkContainerNames({on}: Switched, tell: Tell): void {
  const owners = new Map<string, string>()
  for (const [name, {container_name: containerName}] of Object.entries(on)) {
    if (containerName === undefined) continue
    const owner = owners.get(containerName)
    if (owner === undefined) owners.set(containerName, name)
    else {
      const message = `services.${owner} and services.${name} have the same container_name "${containerName}"`
      tell('conflict', ['services', name, 'container_name'], {message})
    }
  }
}
