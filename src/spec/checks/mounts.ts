import type {CanonicalMount} from '../canonical-form.ts'
import {cleaned} from '../forms/scalars.ts'
import type {ServiceCheck} from './check.ts'

/** Every mount has what its type needs. */
export const checkMountValues: ServiceCheck = (name, service, {tell}) => {
  service.volumes?.forEach((mount, index) => {
    const path = ['services', name, 'volumes', index]
    const where = `services.${name}.volumes[${index}]`
    if (mount.target === undefined) tell('missing-key', path, {message: `${where} needs target`})
    else if (!isTarget(mount)) {
      tell('bad-value', path, {message: `${where} mounts on "${mount.target}", which is not an absolute path`})
    }
    if (mount.type === 'bind' && !mount.source) tell('missing-key', path, {message: `${where} needs source`})
    if (mount.type === 'tmpfs' && mount.source) {
      tell('conflict', [...path, 'source'], {message: `${where}: a tmpfs has no source`})
    }
  })
  service.tmpfs?.forEach((text, index) => {
    const target = targetOf(text)
    if (target.startsWith('/')) return
    const message = `services.${name}.tmpfs[${index}]: "${target}" is not an absolute path`
    tell('bad-value', ['services', name, 'tmpfs', index], {message})
  })
}

/** Every mount has a place of its own. */
export const checkMountPlaces: ServiceCheck = (name, service, {tell}) => {
  const taken = new Map<string, string>()
  const claim = (target: string, path: readonly (string | number)[], where: string) => {
    const before = taken.get(target)
    taken.set(target, before ?? where)
    if (before === undefined) return
    tell('conflict', path, {message: `services.${name}: ${where} and ${before} both mount on ${target}`})
  }
  service.volumes?.forEach((mount, index) => {
    if (mount.target !== undefined && isTarget(mount))
      claim(mount.target, ['services', name, 'volumes', index], `volumes[${index}]`)
  })
  service.tmpfs?.forEach((text, index) => {
    const target = targetOf(text)
    if (target.startsWith('/')) claim(cleaned(target), ['services', name, 'tmpfs', index], `tmpfs[${index}]`)
  })
}

/** A pipe of Windows is refused by its type: there is nothing more to say of its name. */
const isTarget = ({type, target = ''}: CanonicalMount): boolean => target.startsWith('/') || type === 'npipe'
const targetOf = (tmpfs: string): string => tmpfs.split(':')[0]!
