import {join} from 'node:path/posix'
import {StackError} from '../../base/error.ts'
import type {ContainerRecord, MountRecord} from '../../model/container.ts'
import type {MonitorStep} from '../monitor/program.ts'

/** Where a mount's source is on the host; tmpfs has none. */
export type MountSources = {
  /** The data directory of a volume. */
  readonly volume: (name: string) => string
  /** The file of a 'file' mount, by its index. */
  readonly file: (index: number) => string
}

/** The names of its volumes, once each. */
export const volumesOf = ({mounts}: Pick<ContainerRecord, 'mounts'>): string[] => [
  ...new Set(mounts.flatMap(each => (each.type === 'volume' ? [each.name] : []))),
]

/** Mounts of the user's, parents before what lies in them. */
export function mountSteps(mounts: readonly MountRecord[], sources: MountSources): MonitorStep[] {
  const depth = (target: string): number => target.split('/').filter(Boolean).length
  return [...mounts].sort((a, b) => depth(a.target) - depth(b.target)).map(each => mountStep(each, sources))
}

function mountStep(mount: MountRecord, sources: MountSources): MonitorStep {
  const {target} = mount
  switch (mount.type) {
    case 'bind':
      return ['bind', mount.source, target, bindFlags(mount)]
    case 'volume':
      return [
        'bind',
        withinVolume(sources.volume(mount.name), mount.subpath),
        target,
        bindFlags({readOnly: mount.readOnly}),
      ]
    case 'file':
      return ['bind', sources.file(mount.index), target, 'ro']
    case 'tmpfs':
      return ['mount', 'tmpfs', target, 'tmpfs', ...tmpfsOptions(mount)]
  }
}

type Bind = Pick<Extract<MountRecord, {type: 'bind'}>, 'readOnly' | 'propagation' | 'recursive'>

function bindFlags({readOnly, propagation = 'rprivate', recursive}: Bind): string {
  const kind = propagation.replace(/^r/, '') || 'private'
  if (kind === 'shared') {
    throw new StackError('unsupported', `mount propagation "${propagation}" is not supported`, {
      hint: 'use rslave to see what the host mounts below it later',
    })
  }
  const isRecursive = propagation.startsWith('r') && recursive !== 'disabled'
  const ro = recursive === 'writable' ? 'ro-top' : 'ro'
  return [...(isRecursive ? ['rec'] : []), ...(readOnly ? [ro] : []), kind].join(',')
}

/** A subpath is a relative path without `..`, so that it stays in the volume. */
function withinVolume(directory: string, subpath = ''): string {
  if (subpath.split('/').includes('..') || subpath.startsWith('/')) {
    throw new StackError('bad-request', `subpath "${subpath}" leads out of the volume`)
  }
  return join(directory, subpath)
}

const flagNames = ['ro', 'nosuid', 'nodev', 'noexec', 'noatime', 'nodiratime', 'relatime', 'strictatime']
/** Words that take a flag of ours away. */
const opposites: Readonly<Record<string, string>> = {
  rw: 'ro',
  suid: 'nosuid',
  dev: 'nodev',
  exec: 'noexec',
  atime: 'noatime',
  diratime: 'nodiratime',
  norelatime: 'relatime',
  nostrictatime: 'strictatime',
}

/** FLAGS and DATA of a tmpfs: nothing in it runs, is a device or has a set-user-id bit, unless the options say so. */
function tmpfsOptions({size, mode, options = ''}: Extract<MountRecord, {type: 'tmpfs'}>): [string, string] {
  const flags = new Set(['nosuid', 'nodev', 'noexec'])
  const data: string[] = []
  for (const each of options.split(',').filter(Boolean)) {
    if (opposites[each] !== undefined) flags.delete(opposites[each])
    else if (flagNames.includes(each)) flags.add(each)
    else data.push(each)
  }
  if (size !== undefined) data.push(`size=${size}`)
  if (mode !== undefined) data.push(`mode=${mode.toString(8).padStart(4, '0')}`)
  return [[...flags].join(','), data.join(',')]
}
