import type {Filters} from '../engine/images.ts'
import {parseMoment} from './moment.ts'
import {usage} from './parse.ts'

/** `KEY=VALUE` as often as it is given, of the keys that are known; `label!=x` is one of them. */
export function filtersOf(texts: readonly string[], known: readonly string[]): Filters {
  const all: Record<string, string[]> = {}
  for (const text of texts) {
    const [, key = '', value = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? []
    if (!known.includes(key)) throw usage(`cannot filter by "${text}"`, known.map(each => `${each}=…`).join(', '))
    // The engine reads it; what is wrong is said before anything is asked.
    if (key === 'until') parseMoment(value, '--filter until', 0)
    all[key] = [...(all[key] ?? []), value]
  }
  return all
}
