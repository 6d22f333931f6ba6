import {StackError} from '../base/error.ts'

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

/** True where nothing was asked, or one of the asked values satisfies. */
export const matchesAny = (asked: readonly string[] | undefined, satisfies: (value: string) => boolean): boolean =>
  asked === undefined || asked.length === 0 || asked.some(satisfies)
