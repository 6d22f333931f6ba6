import {sha256} from '../../base/hash.ts'
import {type Paths, pathsFrom} from '../paths.ts'
import type {Networks} from '../runtime.ts'
import {LocalNetworks} from './networks.ts'
import {nft} from './nft.ts'
import {rulesText} from './rules.ts'
import {Ruleset} from './ruleset.ts'

export type NetworksOptions = {
  readonly paths: Paths
  /** Told of what went wrong without failing anything. */
  readonly warn: (doing: string, error: unknown) => void
}

export function openNetworks({paths, warn}: NetworksOptions): Networks {
  return new LocalNetworks({
    paths,
    table: tableName(paths),
    rules: facts => new Ruleset(() => rulesText(facts()), nft),
    warn,
  })
}

/** One table per run directory: a second daemon on a machine must not replace the rules of the first. */
const tableName = ({run}: Paths): string => (run === pathsFrom({}).run ? 'stack' : `stack_${sha256(run).slice(0, 8)}`)
