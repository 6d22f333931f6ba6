import {sha256} from '../base/hash.ts'
import {Cgroups} from './container/cgroup/cgroups.ts'
import {LocalContainers} from './container/containers.ts'
import {SeccompStore} from './container/seccomp/store.ts'
import {ContainerStore} from './container/store.ts'
import type {Paths} from './paths.ts'
import type {Containers, Images, Networks, Volumes} from './runtime.ts'
import {LocalVolumes} from './volume/volumes.ts'

export type RuntimeOptions = {
  /** Told of what went wrong without failing anything: `doing` is what was tried. */
  readonly warn: (doing: string, error: unknown) => void
  /** How a monitor starts a daemon when there is none: program and arguments. */
  readonly daemonCommand?: readonly string[]
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
    cgroups: new Cgroups(cgroupParent(), text => warn(text, undefined)),
    seccomp: new SeccompStore(paths.state),
    store: new ContainerStore(paths),
    wake: daemonCommand && {lock: wakeLock(paths), command: daemonCommand},
    warn,
  })
  return {containers, volumes}
}

/** Abstract socket that makes many monitors start one daemon; another one than the daemon's own lock. */
export const wakeLock = (paths: Paths): string => `stack-wake-${sha256(paths.run).slice(0, 16)}`

const cgroupParent = (): string => process.env.STACK_CGROUP_PARENT || 'stack'
