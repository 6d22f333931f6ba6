import {mkdirSync, readFileSync, rmdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {errnoOf, StackError} from '../../../base/error.ts'
import type {ContainerRecord, ResourceLimits} from '../../../model/container.ts'
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
 * Containers' cgroups: `<parent>/<start of the id>` in every tree. File calls are synchronous on purpose: the kernel
 * answers each in microseconds, a trip through the thread pool costs ten times that.
 */
export class Cgroups {
  readonly #parent: string
  readonly #tell: (doing: string, error: unknown) => void
  #layout: CgroupLayout | undefined

  /** `layout` is found out where it is not given. */
  constructor(parent: string, tell: (doing: string, error: unknown) => void, layout?: CgroupLayout) {
    this.#parent = parent
    this.#layout = layout
    this.#tell = tell
  }

  /** Where the container's directories are or would be; undefined on a host without cgroups. */
  directoriesOf({id, host}: ContainerRecord): CgroupDirectories | undefined {
    this.#layout ??= cgroupLayout(readFileSync('/proc/self/mounts', 'utf8'))
    return (
      this.#layout && cgroupDirectories(this.#layout, join(this.#parent, id.slice(0, 16)), extrasOf(host.resources))
    )
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
      if (directories.version === 2) this.#enableControllers(resources)
      else copyCpuset(directories.ofController('cpuset'))
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
  }

  /** A version 2 tree hands a controller down only where every level above says so. */
  #enableControllers(limits: ResourceLimits): void {
    if (this.#layout?.version !== 2) return
    const root = this.#layout.root
    const wanted = ['cpu', 'cpuset', 'memory', 'pids', ...(limits.blockIo === undefined ? [] : ['io'])]
    const levels = [root, join(root, this.#parent)]
    for (const level of levels) {
      const file = join(level, 'cgroup.subtree_control')
      const enabled = readFileSync(file, 'utf8').trim().split(' ')
      const missing = wanted.filter(each => !enabled.includes(each))
      for (const each of missing) attempt(() => writeFileSync(file, `+${each}`), 'ENOENT', 'EBUSY', 'EINVAL')
    }
  }
}

function makeDirectory(directory: string): void {
  mkdirSync(directory, {recursive: true})
}

/** In version 1 a new cpuset is empty and takes no process: cpus and mems are copied down from the parent. */
function copyCpuset(directory: string | undefined): void {
  if (directory === undefined) return
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const parent = join(directory, '..')
    const inherited = readFileSync(join(parent, file), 'utf8').trim()
    const value = inherited === '' ? readFileSync(join(parent, '..', file), 'utf8').trim() : inherited
    if (inherited === '') writeFileSync(join(parent, file), value)
    writeFileSync(join(directory, file), value)
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
