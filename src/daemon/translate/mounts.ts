import {posix} from 'node:path'
import {StackError} from '../../base/error.ts'
import {tmpfsHint, wrongTmpfsOption} from '../../base/tmpfs.ts'
import type {MountRecord} from '../../model/container.ts'
import type {CreateBody, MountBody} from './bodies.ts'

/** A mount that a create request or an image asks for; a volume without name is anonymous. */
export type WantedMount =
  | {
      readonly type: 'bind'
      readonly source: string
      readonly target: string
      readonly readOnly: boolean
      readonly create: boolean
      readonly propagation?: string
    }
  | {
      readonly type: 'volume'
      readonly name?: string
      readonly target: string
      readonly readOnly: boolean
      readonly nocopy: boolean
      readonly subpath?: string
    }
  | Extract<MountRecord, {type: 'tmpfs'}>

/** Every mount by target: Binds and Mounts first, tmpfs, then volumes of request and image where nothing is yet. */
export function wantedMounts(body: CreateBody, imageVolumes: readonly string[]): WantedMount[] {
  const host = body.HostConfig ?? {}
  const asked = [
    ...(host.Binds ?? []).map(bindOf),
    ...(host.Mounts ?? []).map(mountOf),
    ...Object.entries(host.Tmpfs ?? {}).map(tmpfsOf),
  ]
  const byTarget = new Map<string, WantedMount>()
  for (const each of asked) {
    const target = cleanTarget(each.target)
    if (byTarget.has(target)) throw new StackError('bad-request', `Duplicate mount point: ${target}`)
    byTarget.set(target, {...each, target})
  }
  for (const target of [...Object.keys(body.Volumes ?? {}), ...imageVolumes].map(cleanTarget)) {
    if (!byTarget.has(target)) byTarget.set(target, {type: 'volume', target, readOnly: false, nocopy: false})
  }
  return [...byTarget.values()]
}

function tmpfsOf([target, options]: readonly [string, string]): WantedMount {
  const wrong = wrongTmpfsOption(options)
  if (wrong === undefined) return {type: 'tmpfs', target, options}
  throw new StackError('bad-request', `invalid tmpfs option "${wrong}" for ${target}`, {hint: tmpfsHint})
}

function cleanTarget(target: string): string {
  if (!target.startsWith('/'))
    throw new StackError('bad-request', `invalid mount target "${target}": must be an absolute path`)
  const clean = posix.normalize(target).replace(/(?<=.)\/$/, '')
  if (clean === '/') throw new StackError('bad-request', "invalid mount target: destination can't be '/'")
  return clean
}

const propagations = ['private', 'rprivate', 'slave', 'rslave', 'shared', 'rshared']

function bindOf(text: string): WantedMount {
  const parts = text.split(':')
  const [source = '', target = ''] = parts
  const options = (parts[2] ?? '').split(',')
  if (parts.length === 1) return {type: 'volume', target: source, readOnly: false, nocopy: false}
  if (parts.length > 3 || source === '') throw new StackError('bad-request', `invalid volume specification: "${text}"`)
  const readOnly = options.includes('ro')
  const propagation = options.find(each => propagations.includes(each))
  if (!source.startsWith('/'))
    return {type: 'volume', name: source, target, readOnly, nocopy: options.includes('nocopy')}
  return {type: 'bind', source, target, readOnly, create: true, ...(propagation ? {propagation} : {})}
}

function mountOf(mount: MountBody): WantedMount {
  const readOnly = mount.ReadOnly ?? false
  switch (mount.Type) {
    case 'bind': {
      if (!mount.Source?.startsWith('/'))
        throw new StackError(
          'bad-request',
          `invalid mount config for type "bind": invalid mount path: "${mount.Source ?? ''}" mount path must be absolute`,
        )
      const propagation = mount.BindOptions?.Propagation
      return {
        type: 'bind',
        source: mount.Source,
        target: mount.Target,
        readOnly,
        create: mount.BindOptions?.CreateMountpoint ?? false,
        ...(propagation ? {propagation} : {}),
      }
    }
    case 'volume':
      return {
        type: 'volume',
        target: mount.Target,
        readOnly,
        nocopy: mount.VolumeOptions?.NoCopy ?? false,
        ...(mount.Source ? {name: mount.Source} : {}),
        ...(mount.VolumeOptions?.Subpath ? {subpath: mount.VolumeOptions.Subpath} : {}),
      }
    case 'tmpfs':
      return {
        type: 'tmpfs',
        target: mount.Target,
        ...(mount.TmpfsOptions?.SizeBytes ? {size: mount.TmpfsOptions.SizeBytes} : {}),
        ...(mount.TmpfsOptions?.Mode ? {mode: mount.TmpfsOptions.Mode} : {}),
      }
    default:
      throw new StackError('bad-request', `mount type "${mount.Type}" is not supported`)
  }
}
