/** Rows of a table keyed by where they apply, as a trie that is walked beside the tree. */
export type Rules<T> = {
  readonly value?: T
  readonly keys: ReadonlyMap<string, Rules<T>>
  readonly any?: Rules<T>
}

type Building<T> = {value?: T; keys: Map<string, Building<T>>; any?: Building<T>}

/** Patterns are dotted keys; `*` stands for any key and any list item: `services.*.ports.*.target`. */
export function compileRules<T>(rows: Iterable<readonly [pattern: string, value: T]>): Rules<T> {
  const root: Building<T> = {keys: new Map()}
  for (const [pattern, value] of rows) {
    let at = root
    for (const part of pattern.split('.')) at = descend(at, part)
    at.value = value
  }
  return root
}

function descend<T>(at: Building<T>, part: string): Building<T> {
  if (part === '*') {
    at.any ??= {keys: new Map()}
    return at.any
  }
  const known = at.keys.get(part)
  if (known !== undefined) return known
  const fresh: Building<T> = {keys: new Map()}
  at.keys.set(part, fresh)
  return fresh
}

/** What applies one level down: the row for that very key, else the one for any. */
export function ruleFor<T>(rules: Rules<T> | undefined, part: string | number): Rules<T> | undefined {
  return rules === undefined ? undefined : (rules.keys.get(String(part)) ?? rules.any)
}
