import type {Paths} from '../paths.ts'
import type {Images, Networks, Volumes} from '../runtime.ts'
import type {Cgroups} from './cgroup/cgroups.ts'
import type {SeccompStore} from './seccomp/store.ts'
import type {ContainerStore} from './store.ts'

/** What the containers of a host are made with. */
export type Parts = {
  readonly paths: Paths
  readonly images: Images
  readonly networks: Networks
  readonly volumes: Volumes
  readonly cgroups: Cgroups
  readonly seccomp: SeccompStore
  readonly store: ContainerStore
  /** How a monitor starts a daemon that is gone. */
  readonly wake: {readonly lock: string; readonly command: readonly string[]} | undefined
  readonly warn: (doing: string, error: unknown) => void
}
