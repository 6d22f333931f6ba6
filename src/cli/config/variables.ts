import {type Variable, variablesOf} from '../../spec/template.ts'
import type {Plain} from '../../spec/tree.ts'
import {table} from '../../ui/table.ts'

/** Every variable that the files name, by name; of one that is named in several ways the first default is shown. */
export async function renderVariables(model: Plain, {format}: {readonly format: string | undefined}): Promise<string> {
  const found = new Map<string, Mention>()
  for (const text of texts(model)) {
    for (const variable of variablesOf(text))
      found.set(variable.name, joined(found.get(variable.name), mention(variable)))
  }
  const rows = [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  if (format === 'json') return `${JSON.stringify(rows, null, 2)}\n`
  return table(
    ['NAME', 'REQUIRED', 'DEFAULT VALUE', 'ALTERNATE VALUE'],
    rows.map(each => [each.name, String(each.required), each.default ?? '', each.alternate ?? '']),
  )
}

type Mention = {
  readonly name: string
  readonly required: boolean
  readonly default?: string
  readonly alternate?: string
}

const mention = ({name, operator}: Variable): Mention => ({
  name,
  required: operator?.kind === '?',
  ...(operator?.kind === '-' && {default: operator.word}),
  ...(operator?.kind === '+' && {alternate: operator.word}),
})

const joined = (known: Mention | undefined, next: Mention): Mention =>
  known === undefined ? next : {...next, ...known, required: known.required || next.required}

function* texts(value: Plain): Generator<string> {
  if (typeof value === 'string') yield value
  else if (value !== null && typeof value === 'object')
    for (const each of Object.values(value)) yield* texts(each as Plain)
}
