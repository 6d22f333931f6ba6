import {basename, join} from 'node:path'

/**
 * The cgroup trees of this host. Version 2: one tree. Version 1 (hybrid too, where a version 2 tree without
 * controllers stands beside): a tree for each controller, some shared.
 */
export type CgroupLayout =
  | {readonly version: 2; readonly root: string}
  | {readonly version: 1; readonly roots: ReadonlyMap<Controller, string>; readonly unified?: string}

export type Controller = (typeof controllers)[number]
const controllers = ['cpu', 'cpuacct', 'memory', 'pids', 'freezer', 'devices', 'cpuset', 'blkio'] as const

/** From the text of /proc/self/mounts; undefined where no controller is to be had. */
export function cgroupLayout(mounts: string): CgroupLayout | undefined {
  const rows = mounts.split('\n').map(line => line.split(' '))
  const roots = new Map<Controller, string>()
  for (const [, path, type, options = ''] of rows) {
    if (type !== 'cgroup' || path === undefined) continue
    const named = options.split(',')
    for (const controller of controllers) {
      if (named.includes(controller) && !roots.has(controller)) roots.set(controller, path)
    }
  }
  const unified = rows.find(row => row[2] === 'cgroup2')?.[1]
  if (roots.has('memory') || roots.has('pids')) return {version: 1, roots, ...(unified === undefined ? {} : {unified})}
  return unified === undefined ? undefined : {version: 2, root: unified}
}

/**
 * Where all containers are in the tree of version 2, themselves or by a directory of their own below it: programs of BPF
 * are attached there. Undefined without such a tree.
 */
export function commonDirectory(layout: CgroupLayout | undefined, parent: string): string | undefined {
  const root = layout?.version === 2 ? layout.root : layout?.unified
  return root === undefined ? undefined : join(root, parent)
}

/** A container's directories: `ofController` answers where a controller's files are, `all` are the ones to make and enter. */
export type CgroupDirectories = {
  readonly version: 1 | 2
  readonly all: readonly string[]
  /** Entered too, by all of them: it stays. */
  readonly common: string | undefined
  readonly ofController: (controller: Controller) => string | undefined
  /** Has a line `oom_kill N`. */
  readonly oomFile: string | undefined
  readonly trees: readonly CgroupTree[]
}

/** What a container is shown of its own: by its controllers, such as `memory` or `cpu,cpuacct`; '' is version 2's. */
export type CgroupTree = {readonly name: string; readonly directory: string}

/** Where programs look for their limits. */
const shown: readonly Controller[] = ['memory', 'cpu', 'cpuacct', 'cpuset', 'pids', 'blkio']

/** Entered only where a limit asks for it: an empty cpuset refuses every process, and few limit block I/O. */
export type ExtraController = 'cpuset' | 'blkio'
const extra: readonly Controller[] = ['cpuset', 'blkio'] satisfies ExtraController[]

export function cgroupDirectories(
  layout: CgroupLayout,
  path: string,
  {asked, parent}: {readonly asked: readonly ExtraController[]; readonly parent: string},
): CgroupDirectories {
  if (layout.version === 2) {
    const directory = join(layout.root, path)
    const oomFile = join(directory, 'memory.events')
    const trees = [{name: '', directory}]
    return {version: 2, all: [directory], common: undefined, ofController: () => directory, oomFile, trees}
  }
  const left = extra.filter(each => !asked.some(wanted => wanted === each))
  const of = (controller: Controller): string | undefined => {
    const root = layout.roots.get(controller)
    return root === undefined || left.includes(controller) ? undefined : join(root, path)
  }
  const all = [...new Set(controllers.map(of).filter(each => each !== undefined))]
  const memory = of('memory')
  const directories = new Set(shown.map(of).filter(each => each !== undefined))
  const nameOf = (directory: string) => basename(directory.slice(0, -path.length - 1))
  const trees = [...directories].map(directory => ({name: nameOf(directory), directory}))
  const oomFile = memory && join(memory, 'memory.oom_control')
  const common = commonDirectory(layout, parent)
  return {version: 1, all, common, ofController: of, oomFile, trees}
}
