import {sha256} from '../../base/hash.ts'
import {type Paths, pathsFrom} from '../paths.ts'
import type {Networks} from '../runtime.ts'
import {LocalNetworks} from './networks.ts'
import {nft} from './nft.ts'
import {rulesText} from './rules.ts'
import {Ruleset} from './ruleset.ts'
import {Translation} from './translation.ts'

export type NetworksOptions = {
  readonly paths: Paths
  /** Directory of a cgroup of version 2 that all containers are in, where there is such a tree. */
  readonly cgroup?: string
  /** Before a network gets another bridge; lowered by tests. */
  readonly containersPerBridge?: number
  /** Told of what went wrong without failing anything. */
  readonly warn: (doing: string, error: unknown) => void
}

export function openNetworks({paths, cgroup, warn, ...rest}: NetworksOptions): Networks {
  return new LocalNetworks({
    paths,
    table: tableName(paths),
    rules: facts => new Ruleset(() => rulesText(facts()), nft),
    translation: new Translation({cgroup, owner: ownerOf(paths), warn}),
    warn,
    ...rest,
  })
}

/** One table per run directory: a second daemon on a machine must not replace the rules of the first. */
const tableName = ({run}: Paths): string => (run === pathsFrom({}).run ? 'stack' : `stack_${sha256(run).slice(0, 8)}`)

/** Who the programs in a cgroup are of: two daemons may share one. */
export const ownerOf = ({run}: Paths): string => sha256(run).slice(0, 8)
