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
      readonly recursive?: 'disabled' | 'writable' | 'readonly'
    }
  | {
      readonly type: 'volume'
      readonly name?: string
      readonly target: string
      readonly readOnly: boolean
      readonly nocopy: boolean
      readonly subpath?: string
      /** For one that is made. */
      readonly labels?: Readonly<Record<string, string>>
    }
  | Extract<MountRecord, {type: 'tmpfs'}>

/** Every mount by target: Binds and Mounts first, tmpfs, what others have, then volumes of request and image where nothing is yet. */
export function wantedMounts(
  body: CreateBody,
  imageVolumes: readonly string[],
  borrowed: readonly Borrowed[] = [],
): WantedMount[] {
  const host = body.HostConfig ?? {}
  const asked = [
    ...(host.Binds ?? []).map(bindOf),
    ...(host.Mounts ?? []).map(mountOf),
    ...Object.entries(host.Tmpfs ?? {}).map(tmpfsOf),
  ]
  const byTarget = new Map<string, WantedMount>()
  const taken = new Map<string, WantedMount>()
  for (const each of asked) {
    const target = cleanTarget(each.target)
    if (byTarget.has(target)) throw new StackError('bad-request', `Duplicate mount point: ${target}`)
    byTarget.set(target, {...each, target})
  }
  for (const each of borrowed) {
    const own = byTarget.get(each.target)
    if (own === undefined || own === taken.get(each.target)) {
      byTarget.set(each.target, each)
      taken.set(each.target, each)
    }
    // The successor of a container names the volumes that this one had.
    else if (own.type === 'volume' && each.type === 'volume' && own.name === each.name) {
      byTarget.set(each.target, {...own, readOnly: each.readOnly})
    }
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

export type Borrowed = Exclude<WantedMount, {type: 'tmpfs'}>

/** What a container takes over from another: its binds and volumes, nothing that is its alone. */
export function borrowedMounts(mounts: readonly MountRecord[], isReadOnly: boolean): Borrowed[] {
  return mounts.flatMap((mount): Borrowed[] => {
    const readOnly = isReadOnly || ('readOnly' in mount && mount.readOnly)
    if (mount.type === 'bind') return [{...mount, readOnly, create: false}]
    if (mount.type !== 'volume') return []
    const {anonymous, ...volume} = mount
    return [{...volume, readOnly, nocopy: true}]
  })
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

function recursiveOf({BindOptions: asked = {}, ReadOnly, Target}: MountBody) {
  if (asked.NonRecursive) return {recursive: 'disabled'} as const
  if (asked.ReadOnlyNonRecursive) return {recursive: 'writable'} as const
  if (!asked.ReadOnlyForceRecursive) return {}
  if (ReadOnly !== true)
    throw new StackError('bad-request', `mount on ${Target}: recursively read-only, but not read-only`, {
      hint: 'say read_only: true too',
    })
  return {recursive: 'readonly'} as const
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
        ...recursiveOf(mount),
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
        ...(mount.VolumeOptions?.Labels ? {labels: mount.VolumeOptions.Labels} : {}),
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
