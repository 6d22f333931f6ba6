import {cleaned} from '../forms/scalars.ts'
import type {ServiceCheck} from './check.ts'

/** Every mount has what its type needs, and a place of its own. */
export const checkMounts: ServiceCheck = (name, service, {tell}) => {
  const taken = new Map<string, string>()
  const claim = (target: string, path: readonly (string | number)[], where: string) => {
    const before = taken.get(target)
    taken.set(target, before ?? where)
    if (before !== undefined)
      tell('conflict', path, {message: `services.${name}: ${where} and ${before} both mount on ${target}`})
  }
  service.volumes?.forEach((mount, index) => {
    const path = ['services', name, 'volumes', index]
    const where = `volumes[${index}]`
    if (mount.target === undefined || !mount.target.startsWith('/')) {
      const message =
        mount.target === undefined ? 'needs target' : `mounts on "${mount.target}", which is not an absolute path`
      tell(mount.target === undefined ? 'missing-key' : 'bad-value', path, {
        message: `services.${name}.${where} ${message}`,
      })
    } else claim(mount.target, path, where)
    if (mount.type === 'bind' && !mount.source)
      tell('missing-key', path, {message: `services.${name}.${where} needs source`})
    if (mount.type === 'tmpfs' && mount.source) {
      tell('conflict', [...path, 'source'], {message: `services.${name}.${where}: a tmpfs has no source`})
    }
  })
  service.tmpfs?.forEach((text, index) => {
    const target = text.split(':')[0]!
    const path = ['services', name, 'tmpfs', index]
    if (target.startsWith('/')) claim(cleaned(target), path, `tmpfs[${index}]`)
    else tell('bad-value', path, {message: `services.${name}.tmpfs[${index}]: "${target}" is not an absolute path`})
  })
}
