import type {ServiceCheck} from './check.ts'

/** Programs of others are asked before any container is made, so they can wait for each other only. */
export const checkProvider: ServiceCheck = (name, {provider, depends_on: dependsOn = {}}, {model, tell}) => {
  if (provider === undefined) return
  const type = provider.type ?? ''
  if (!/^[A-Za-z0-9][\w.-]*$/.test(type)) {
    tell('bad-value', ['services', name, 'provider', 'type'], {
      message: `services.${name}.provider.type is the name of a program, not "${type}"`,
    })
  }
  for (const key of Object.keys(dependsOn)) {
    const other = model.services[key]
    if (other === undefined || other.provider !== undefined) continue
    tell('unsupported', ['services', name, 'depends_on', key], {
      message: `services.${name} has a provider, which cannot wait for ${key}: that is a container`,
      hint: 'providers are asked before containers are made; take the dependency away',
    })
  }
}
