import {mkdirSync, readFileSync, rmdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {errnoOf, StackError} from '../../../base/error.ts'
import type {ContainerRecord} from '../../../model/container.ts'
import {type CgroupDirectories, type CgroupLayout, cgroupDirectories, cgroupLayout} from './layout.ts'
import {type CgroupWrite, cgroupWrites} from './limits.ts'

/**
 * Containers' cgroups: `<parent>/<start of the id>` in every tree. File calls are synchronous on purpose: the kernel
 * answers each in microseconds, a trip through the thread pool costs ten times that.
 */
export class Cgroups {
  readonly #parent: string
  readonly #warn: (text: string) => void
  #layout: CgroupLayout | undefined

  constructor(parent: string, warn: (text: string) => void) {
    this.#parent = parent
    this.#warn = warn
  }

  /** Where the container's directories are or would be; undefined on a host without cgroups. */
  directoriesOf({id, host}: ContainerRecord): CgroupDirectories | undefined {
    this.#layout ??= usable(cgroupLayout(readFileSync('/proc/self/mounts', 'utf8')), this.#parent)
    const hasCpuset = Boolean(host.resources.cpuset)
    return this.#layout && cgroupDirectories(this.#layout, join(this.#parent, id.slice(0, 16)), hasCpuset)
  }

  /** Makes them and writes the limits; nothing is left where that fails. */
  async create(record: ContainerRecord): Promise<CgroupDirectories | undefined> {
    const directories = this.directoriesOf(record)
    if (directories === undefined) {
      this.#warn('no cgroups are mounted: limits are not enforced')
      return undefined
    }
    try {
      for (const directory of directories.all) makeDirectory(directory)
      if (directories.common !== undefined) makeDirectory(directories.common)
      if (directories.version === 2) this.#enableControllers()
      else copyCpuset(directories.ofController('cpuset'))
      for (const each of cgroupWrites(directories.version, record.host.resources, record.host.privileged)) {
        apply(directories, each)
      }
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
  #enableControllers(): void {
    if (this.#layout?.version !== 2) return
    const root = this.#layout.root
    const wanted = ['cpu', 'cpuset', 'memory', 'pids']
    const levels = [root, join(root, this.#parent)]
    for (const level of levels) {
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

function apply(directories: CgroupDirectories, {controller, file, value, optional}: CgroupWrite): void {
  const directory = directories.ofController(controller)
  if (directory === undefined) return
  try {
    writeFileSync(join(directory, file), value)
  } catch (cause) {
    const isMissing = errnoOf(cause) === 'ENOENT' || errnoOf(cause) === 'EACCES'
    if (optional || (isMissing && controller === 'devices')) return
    const hint = isMissing
      ? `the "${controller}" controller is not available to us: it must be in cgroup.subtree_control of the tree's root`
      : 'look at the limits under deploy.resources, mem_limit, cpus, cpuset and pids_limit'
    throw new StackError('start-failed', `cannot set ${file} to "${value}"`, {cause, hint})
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
