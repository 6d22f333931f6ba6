import {readFileSync} from 'node:fs'
import {Cgroups} from './container/cgroup/cgroups.ts'
import {cgroupLayout, commonDirectory} from './container/cgroup/layout.ts'
import {LocalContainers} from './container/containers.ts'
import {SeccompStore} from './container/seccomp/store.ts'
import {ContainerStore} from './container/store.ts'
import {openImages} from './image/images.ts'
import {openNetworks} from './network/open.ts'
import type {Paths} from './paths.ts'
import type {Containers, Images, Networks, Runtime, Volumes} from './runtime.ts'
import {LocalVolumes} from './volume/volumes.ts'

export type RuntimeOptions = {
  /** Told of what went wrong without failing anything: `doing` is what was tried. */
  readonly warn: (doing: string, error: unknown) => void
  /** How a monitor starts a daemon when there is none: program and arguments. */
  readonly daemonCommand?: readonly string[]
}

/** Everything of this machine, read from its state: what ran goes on, what ended meanwhile is known. */
export async function openRuntime(paths: Paths, options: RuntimeOptions): Promise<Runtime> {
  const images = openImages({paths})
  const networks = openNetworks({paths, warn: options.warn, ...commonCgroup()})
  const {containers, volumes} = openContainers(paths, {...options, images, networks})
  await Promise.all([images.load(), volumes.load(), networks.load()])
  return {paths, containers, images, networks, volumes}
}

/** Containers and volumes over given images and networks. */
export type ContainerRuntime = {readonly containers: Containers; readonly volumes: Volumes}

export function openContainers(
  paths: Paths,
  {images, networks, warn, daemonCommand}: RuntimeOptions & {readonly images: Images; readonly networks: Networks},
): ContainerRuntime {
  const volumes = new LocalVolumes(paths, error => warn('delete a volume', error))
  const containers = new LocalContainers({
    paths,
    images,
    networks,
    volumes,
    cgroups: new Cgroups(cgroupParent(), warn),
    seccomp: new SeccompStore(paths.state),
    store: new ContainerStore(paths),
    wake: daemonCommand && {lock: paths.wakeLock, command: daemonCommand},
    warn,
  })
  return {containers, volumes}
}

/** Where programs of BPF see the sockets of all containers. */
export function commonCgroup(): {readonly cgroup?: string} {
  const cgroup = commonDirectory(cgroupLayout(readFileSync('/proc/self/mounts', 'utf8')), cgroupParent())
  return cgroup === undefined ? {} : {cgroup}
}

const cgroupParent = (): string => process.env.STACK_CGROUP_PARENT || 'stack'
