import {StackError} from '../base/error.ts'
import {parseMoment} from '../base/moment.ts'

/** `filters` of a request: each name with its values. Go's clients send `{"label": {"a=b": true}}`, others lists. */
export type Filters = Readonly<Record<string, readonly string[]>>

export function parseFilters(text: string | null): Filters {
  if (text === null || text === '') return {}
  try {
    const parsed = JSON.parse(text) as Record<string, string[] | Record<string, boolean>>
    return Object.fromEntries(
      Object.entries(parsed).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.map(String) : Object.keys(value).filter(key => value[key]),
      ]),
    )
  } catch (cause) {
    throw new StackError('bad-request', 'invalid filters: not JSON of the form {"name": ["value"]}', {cause})
  }
}

/** `key` or `key=value`; all asked ones must be there. */
export function matchesLabels(asked: readonly string[] | undefined, labels: Readonly<Record<string, string>>): boolean {
  return (asked ?? []).every(each => {
    const at = each.indexOf('=')
    return at < 0 ? each in labels : labels[each.slice(0, at)] === each.slice(at + 1)
  })
}

type Prunable = {readonly labels: Readonly<Record<string, string>>; readonly created: number}

const pruneFilters = ['label', 'label!', 'until']

/** What a prune may take by its filters: `label`, `label!` and `until`, and whose meaning `more` names. Errors: bad-request. */
export function prunable(filters: Filters, now: number, more: readonly string[] = []): (thing: Prunable) => boolean {
  const unknown = Object.keys(filters).find(each => !pruneFilters.includes(each) && !more.includes(each))
  if (unknown !== undefined) throw new StackError('bad-request', `invalid filter '${unknown}'`)
  const [text, ...others] = filters.until ?? []
  const until = text === undefined ? Number.POSITIVE_INFINITY : parseMoment(text, now)
  if (until === undefined || others.length > 0) {
    const what = until === undefined ? `"${text}" is no time and no duration` : 'more than one is given'
    throw new StackError('bad-request', `invalid filter 'until': ${what}`)
  }
  return ({labels, created}) =>
    created <= until &&
    matchesLabels(filters.label, labels) &&
    !(filters['label!'] ?? []).some(each => matchesLabels([each], labels))
}

/** True where nothing was asked, or one of the asked values satisfies. */
export const matchesAny = (asked: readonly string[] | undefined, satisfies: (value: string) => boolean): boolean =>
  asked === undefined || asked.length === 0 || asked.some(satisfies)
