import {readSmall} from '../../base/file.ts'
import type {NetworkRecord} from '../../model/network.ts'
import {native} from '../../native/binding.ts'
import type {Ruleset} from './ruleset.ts'

/** How often what others may have destroyed is looked at: a number of the kernel's, and a file for each network. */
const pause = 1000

export type Watch = {end(): Promise<void>}

/** Calls `look` again and again, never twice at once. */
export function watching(look: () => Promise<void>, warn: (doing: string, error: unknown) => void): Watch {
  let running: Promise<void> | undefined
  const timer = setInterval(() => {
    running ??= look()
      .catch(error => warn('look after bridges and rules', error))
      .finally(() => {
        running = undefined
      })
  }, pause)
  timer.unref()
  return {
    async end() {
      clearInterval(timer)
      await running
    },
  }
}

/** Loads our rules again where another program has flushed some. While nobody changes rules this asks for one number. */
export function tableGuard(table: string, ruleset: Ruleset): () => Promise<void> {
  let seen: number | undefined
  return async () => {
    const before = ruleset.loaded
    if (before === undefined || (await native().tablesGeneration({})) === seen) return
    const {generation, rules} = await native().tableState({table})
    // Ours may have been loaded meanwhile: the next look sees.
    if (before !== ruleset.loaded) return
    if (rules !== countRules(before)) {
      ruleset.forget()
      await ruleset.apply()
    } else seen = generation
  }
}

/** The rules in a text of ours: a line each, below chains. */
export const countRules = (text: string): number =>
  text.split('\n').filter(line => line.startsWith('    ') && !line.startsWith('    type ')).length

/** Knows bridges by their numbers: one that was deleted, or made anew by whoever needed it, has lost what it had. */
export class BridgeGuard {
  readonly #known = new Map<string, string | undefined>()

  /** It is there, with all that belongs to it. */
  note({id, bridge}: NetworkRecord): void {
    this.#known.set(id, numberOf(bridge))
  }

  forget(network: string): void {
    this.#known.delete(network)
  }

  lost(networks: readonly NetworkRecord[]): readonly NetworkRecord[] {
    return networks.filter(({id, bridge}) => this.#known.has(id) && this.#known.get(id) !== (numberOf(bridge) ?? ''))
  }
}

const numberOf = (link: string): string | undefined => readSmall(`/sys/class/net/${link}/ifindex`)?.trim()
