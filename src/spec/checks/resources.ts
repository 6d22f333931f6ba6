import type {Canonical, CanonicalFile} from '../canonical-form.ts'
import {isSubnet} from '../forms/address.ts'
import type {Tell} from './check.ts'

/** What stands beside services at the top level. */
export function checkResources(model: Canonical, tell: Tell): void {
  for (const [key, volume] of Object.entries(model.volumes ?? {})) {
    const more = Object.keys(volume ?? {}).filter(
      each => each !== 'name' && each !== 'external' && !each.startsWith('x-'),
    )
    if (volume?.external === true && more.length > 0) {
      tell('conflict', ['volumes', key, more[0]!], {
        message: `volumes.${key} is external and cannot have ${more.join(', ')}`,
      })
    }
  }
  for (const [key, config] of Object.entries(model.configs ?? {}))
    checkFile(['configs', key], config, {sources: ['file', 'environment', 'content'], tell})
  for (const [key, secret] of Object.entries(model.secrets ?? {}))
    checkFile(['secrets', key], secret, {sources: ['file', 'environment'], tell})
  for (const [key, each] of Object.entries(model.models ?? {})) {
    if (each?.model === undefined) tell('missing-key', ['models', key], {message: `models.${key} needs model`})
  }
  for (const [key, network] of Object.entries(model.networks ?? {})) {
    network?.ipam?.config?.forEach(({subnet}, index) => {
      if (subnet === undefined || isSubnet(subnet)) return
      tell('bad-value', ['networks', key, 'ipam', 'config', index, 'subnet'], {
        message: `networks.${key}.ipam.config[${index}].subnet: "${subnet}" is not a subnet such as 172.28.0.0/16`,
      })
    })
  }
}

function checkFile(
  path: readonly string[],
  file: CanonicalFile | null,
  {sources, tell}: {sources: readonly (keyof CanonicalFile)[]; tell: Tell},
): void {
  const where = path.join('.')
  const given = sources.filter(source => file?.[source] !== undefined)
  if (given.length > 1)
    tell('conflict', [...path, given[1]!], {message: `${where} has ${given.join(' and ')}: only one of them can be`})
  if (given.length === 0 && file?.external !== true && file?.driver === undefined) {
    tell('missing-key', path, {message: `${where} needs one of ${sources.join(', ')}`})
  }
}
