import {existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync} from 'node:fs'
import {isAbsolute, join, normalize} from 'node:path/posix'
import {setTimeout as sleep} from 'node:timers/promises'
import {errnoOf, StackError} from '../../../base/error.ts'
import type {ContainerRecord, HostConfig, ResourceLimits} from '../../../model/container.ts'
import {native} from '../../../native/binding.ts'
import {apply} from './apply.ts'
import {deviceProgram, encodeProgram} from './device-program.ts'
import {needsDeviceRules} from './device-rules.ts'
import {
  type CgroupDirectories,
  type CgroupLayout,
  cgroupDirectories,
  cgroupLayout,
  type ExtraController,
} from './layout.ts'
import {cgroupWrites, type HardwareLimits, unhonoured} from './limits.ts'
import {lendRealtime} from './realtime.ts'

/**
 * Containers' cgroups: `<parent>/<start of the id>` in every tree, the parent being ours or one that was asked for. File calls are synchronous on purpose: the kernel
 * answers each in microseconds, a trip through the thread pool costs ten times that.
 */
export class Cgroups {
  readonly #parent: string
  readonly #tell: (doing: string, error: unknown) => void
  #layout: CgroupLayout | undefined
  readonly #directories = new WeakMap<ContainerRecord, CgroupDirectories>()

  /** `layout` is found out where it is not given. */
  constructor(parent: string, tell: (doing: string, error: unknown) => void, layout?: CgroupLayout) {
    this.#parent = parent
    this.#layout = layout
    this.#tell = tell
  }

  /** Where the container's directories are or would be; undefined on a host without cgroups. */
  directoriesOf(record: ContainerRecord): CgroupDirectories | undefined {
    this.#layout ??= usable(cgroupLayout(readFileSync('/proc/self/mounts', 'utf8')), this.#parent)
    if (this.#layout === undefined) return undefined
    // Asked for several times at each start.
    const known = this.#directories.get(record)
    if (known !== undefined) return known
    const {id, host} = record
    const own = join(this.#parentOf(host), id.slice(0, 16))
    const asked = extrasOf(host.resources)
    const directories = cgroupDirectories(this.#layout, own, {asked, parent: this.#parent})
    this.#directories.set(record, directories)
    return directories
  }

  /** What of the limits this host does not have. Errors: unsupported, for what a program cannot do without. */
  unhonoured(record: ContainerRecord): readonly string[] {
    const directories = this.directoriesOf(record)
    return directories === undefined ? [] : unhonoured(directories.version, record.host.resources)
  }

  /** Makes them and writes the limits; nothing is left where that fails. */
  async create(record: ContainerRecord, hardware: HardwareLimits): Promise<CgroupDirectories | undefined> {
    const warn = (text: string) => this.#tell(`start "${record.name}"`, new StackError('unsupported', text))
    const directories = this.directoriesOf(record)
    if (directories === undefined) {
      warn('no cgroups are mounted: limits are not enforced')
      return undefined
    }
    const {resources} = record.host
    try {
      for (const directory of directories.all) makeDirectory(directory)
      if (directories.common !== undefined) makeDirectory(directories.common)
      if (directories.version === 2) this.#enableControllers(record.host)
      else if (this.#layout?.version === 1) {
        copyCpuset(this.#layout.roots.get('cpuset'), directories.ofController('cpuset'))
      }
      if (resources.cpuRealtimeRuntime) lendRealtime(directories.ofController('cpu'))
      for (const each of cgroupWrites(directories.version, resources, hardware)) apply(directories, each, warn)
      if (directories.version === 2) await confineDevices(directories, record, {hardware, warn})
      return directories
    } catch (error) {
      await this.remove(record)
      throw error
    }
  }

  /** Kills what is in it and removes it; one that is gone is fine. */
  async remove(record: ContainerRecord): Promise<void> {
    const directories = this.directoriesOf(record)
    for (const directory of directories?.all ?? []) await removeDirectory(directory)
    const {cgroupParent = '/'} = record.host
    // What was made below our own parent goes with its last container; what is elsewhere is not ours to remove.
    if (!isAbsolute(cgroupParent)) for (const each of directories?.all ?? []) removeEmpty(each, depthOf(cgroupParent))
  }

  #parentOf({cgroupParent}: HostConfig): string {
    if (cgroupParent === undefined) return this.#parent
    return isAbsolute(cgroupParent) ? cgroupParent : join(this.#parent, cgroupParent)
  }

  /** A version 2 tree hands a controller down only where every level above says so. */
  #enableControllers(host: HostConfig): void {
    if (this.#layout?.version !== 2) return
    const root = this.#layout.root
    const wanted = ['cpu', 'cpuset', 'memory', 'pids', ...(host.resources.blockIo === undefined ? [] : ['io'])]
    for (const level of levelsBetween(root, join(root, this.#parentOf(host)))) {
      const file = join(level, 'cgroup.subtree_control')
      const enabled = readFileSync(file, 'utf8').trim().split(' ')
      const missing = wanted.filter(each => !enabled.includes(each))
      for (const each of missing) attempt(() => writeFileSync(file, `+${each}`), 'ENOENT', 'EBUSY', 'EINVAL')
    }
  }
}

/** Of a hybrid host, without the tree of version 2 where that is not ours to write: nothing but BPF needs it. */
function usable(layout: CgroupLayout | undefined, parent: string): CgroupLayout | undefined {
  if (layout?.version !== 1 || layout.unified === undefined) return layout
  try {
    makeDirectory(join(layout.unified, parent))
    return layout
  } catch (error) {
    if (!['EROFS', 'EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) throw error
    return {version: 1, roots: layout.roots}
  }
}

function makeDirectory(directory: string): void {
  mkdirSync(directory, {recursive: true})
}

const depthOf = (path: string): number =>
  normalize(path)
    .split('/')
    .filter(each => !['', '.'].includes(each)).length

/** Every directory from the root of a tree down to one in it, both included. */
function levelsBetween(root: string, directory: string): string[] {
  const names = directory.slice(root.length).split('/').filter(Boolean)
  return [root, ...names.map((_, index) => join(root, ...names.slice(0, index + 1)))]
}

/** In version 1 a new cpuset is empty and takes no process: cpus and mems are copied down, level by level. */
function copyCpuset(root: string | undefined, directory: string | undefined): void {
  if (root === undefined || directory === undefined) return
  const [, ...levels] = levelsBetween(root, directory)
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    let inherited = readFileSync(join(root, file), 'utf8').trim()
    for (const level of levels) {
      const own = readFileSync(join(level, file), 'utf8').trim()
      if (own === '') writeFileSync(join(level, file), inherited)
      else inherited = own
    }
  }
}

/** As many directories above as are empty, `levels` at most. */
function removeEmpty(directory: string, levels: number): void {
  for (let at = join(directory, '..'), left = levels; left > 0; at = join(at, '..'), left--) {
    attempt(() => rmdirSync(at), 'ENOENT', 'ENOTEMPTY', 'EBUSY')
  }
}

const extrasOf = ({cpuset, blockIo}: ResourceLimits): ExtraController[] => [
  ...(cpuset ? ['cpuset' as const] : []),
  ...(blockIo === undefined ? [] : ['blkio' as const]),
]

type Confining = {readonly hardware: HardwareLimits; readonly warn: (text: string) => void}

/** Version 2 has no files about devices, but asks a program. */
async function confineDevices(
  {all}: CgroupDirectories,
  {host}: ContainerRecord,
  {hardware: {deviceRules}, warn}: Confining,
): Promise<void> {
  if (deviceRules === undefined) return
  const program = encodeProgram(deviceProgram(deviceRules))
  try {
    for (const cgroup of all) await native().attachDeviceProgram({cgroup, program})
  } catch (cause) {
    const what = 'the kernel takes no rules about devices (BPF programs of control groups)'
    if (needsDeviceRules(host.resources)) throw new StackError('start-failed', what, {cause})
    warn(`${what}: the container may make no device nodes instead`)
  }
}

const longestRemoval = 2000

async function removeDirectory(directory: string): Promise<void> {
  // The second time, at the removal: an error would cost more than the look.
  if (!existsSync(directory)) return
  for (let waited = 0, pause = 1; ; waited += pause, pause = Math.min(pause * 2, 50)) {
    if (!attempt(() => rmdirSync(directory), 'ENOENT', 'ENOTEMPTY')) return
    if (waited > longestRemoval) throw new StackError('io', `cgroup ${directory} still has processes`)
    for (const pid of pidsIn(directory)) attempt(() => process.kill(pid, 'SIGKILL'), 'ESRCH')
    await sleep(pause)
  }
}

/** Pids that are in it right now, as the kernel says. */
export function pidsIn(directory: string): number[] {
  try {
    return readFileSync(join(directory, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENODEV') return []
    throw error
  }
}

/** False where it worked or failed in one of these ways; true where the kernel was busy. */
function attempt(action: () => void, ...harmless: string[]): boolean {
  try {
    action()
    return false
  } catch (error) {
    const code = errnoOf(error)
    if (code === 'EBUSY' && !harmless.includes('EBUSY')) return true
    if (code !== undefined && harmless.includes(code)) return false
    throw error
  }
}
