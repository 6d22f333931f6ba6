import {parseBytes} from '../../base/bytes.ts'
import type {FileGrant, Mount, VolumesFrom} from '../../model/project.ts'
import type {CanonicalGrant, CanonicalMount, CanonicalService} from '../canonical-form.ts'
import {cleaned} from '../forms/scalars.ts'
import {mapValues} from '../normalise.ts'
import {defined} from './defined.ts'

export const mountsOf = (service: CanonicalService): Mount[] => [
  ...(service.volumes ?? []).map(mountOf),
  ...(service.tmpfs ?? []).map(tmpfsOf),
]

function mountOf(mount: CanonicalMount): Mount {
  const target = mount.target!
  const readOnly = mount.read_only ?? false
  if (mount.type === 'bind') {
    const createHostPath = mount.bind?.create_host_path ?? true
    return {
      type: 'bind',
      source: mount.source!,
      target,
      readOnly,
      createHostPath,
      ...defined({propagation: mount.bind?.propagation, recursive: recursiveOf(mount.bind?.recursive)}),
    }
  }
  if (mount.type === 'tmpfs') {
    const size = mount.tmpfs?.size === undefined ? undefined : parseBytes(mount.tmpfs.size)
    const options = readOnly ? 'ro' : undefined
    return {
      type: 'tmpfs',
      target,
      ...defined({size: size === 0 ? undefined : size, mode: mount.tmpfs?.mode, options}),
    }
  }
  const source = mount.source === '' ? undefined : mount.source
  const nocopy = mount.volume?.nocopy ?? false
  const {subpath, labels} = mount.volume ?? {}
  const own = labels && mapValues(labels, value => value ?? '')
  return {type: 'volume', ...defined({source}), target, readOnly, nocopy, ...defined({subpath, labels: own})}
}

/** `enabled` is how it is anyway. */
function recursiveOf(text: string | undefined): 'disabled' | 'writable' | 'readonly' | undefined {
  return text === 'disabled' || text === 'writable' || text === 'readonly' ? text : undefined
}

/** `PATH[:OPTIONS]`: size and mode are understood, the rest goes to the kernel as it stands. */
function tmpfsOf(text: string): Mount {
  const [target = '', options = ''] = text.split(':')
  const words = options.split(',').filter(word => word !== '')
  const optionOf = (key: string) => words.findLast(word => word.startsWith(`${key}=`))?.slice(key.length + 1)
  const size = parseBytes(optionOf('size') ?? '')
  const mode = modeOf(optionOf('mode'))
  const rest = words.filter(
    word => !(word.startsWith('size=') && size !== undefined) && !(word.startsWith('mode=') && mode !== undefined),
  )
  return {
    type: 'tmpfs',
    target: cleaned(target),
    ...defined({size, mode, options: rest.length === 0 ? undefined : rest.join(',')}),
  }
}

/** `SERVICE[:ro|rw]`, `container:NAME[:ro|rw]`. */
export function volumesFromOf({volumes_from: sources = []}: CanonicalService): VolumesFrom[] | undefined {
  if (sources.length === 0) return undefined
  return sources.map(text => {
    const [first = '', ...rest] = text.split(':')
    const [name = '', mode] = first === 'container' ? rest : [first, ...rest]
    const from = first === 'container' ? {container: name} : {service: name}
    return {...from, readOnly: mode === 'ro'}
  })
}

export const configGrants = (grants: readonly CanonicalGrant[]): FileGrant[] => grants.map(grant => grantOf(grant, '/'))
export const secretGrants = (grants: readonly CanonicalGrant[]): FileGrant[] =>
  grants.map(grant => grantOf(grant, '/run/secrets/'))

function grantOf({source = '', target = source, uid, gid, mode}: CanonicalGrant, directory: string): FileGrant {
  const path = cleaned(target.startsWith('/') ? target : `${directory}${target}`)
  return {source, target: path, ...defined({uid, gid, mode: modeOf(mode)})}
}

function modeOf(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined
}
