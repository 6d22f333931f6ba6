/** What became of a text with `$` in it. Only branches that are used are looked at. */
export type Substituted = {readonly value: string; readonly unset: readonly string[]; readonly error?: TemplateError}
/** `invalid`: the text cannot be understood; `required`: a variable that must have a value has none. */
export type TemplateError = {
  readonly kind: 'invalid' | 'required'
  readonly message: string
  readonly variable?: string
}
export type Lookup = (name: string) => string | undefined

const nameAt = /[_a-zA-Z][_a-zA-Z0-9]*/y

/** Replaces `$NAME`, `${NAME…}` and `$$`; the result is not looked at again. */
export function substitute(text: string, lookup: Lookup): Substituted {
  const unset: string[] = []
  try {
    return {value: expand(text, name => lookup(name), unset, 0), unset}
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return {value: '', unset, error: error.details}
  }
}

class Failure extends Error {
  readonly details: TemplateError
  constructor(details: TemplateError) {
    super(details.message)
    this.details = details
  }
}

const depthLimit = 100

function expand(text: string, lookup: Lookup, unset: string[], depth: number): string {
  if (depth > depthLimit) throw new Failure({kind: 'invalid', message: `\${…} is nested more than ${depthLimit} deep`})
  let result = ''
  let from = 0
  for (let dollar = text.indexOf('$'); dollar >= 0; dollar = text.indexOf('$', from)) {
    result += text.slice(from, dollar)
    const next = text[dollar + 1]
    const name = nameFrom(text, dollar + 1)
    if (next === '{') {
      const end = closingBrace(text, dollar + 2)
      result += expression(text.slice(dollar + 2, end), lookup, unset, depth)
      from = end + 1
    } else if (name !== undefined) {
      result += value(name, lookup, unset)
      from = dollar + 1 + name.length
    } else {
      result += '$'
      from = dollar + (next === '$' ? 2 : 1)
    }
  }
  return result + text.slice(from)
}

function closingBrace(text: string, from: number): number {
  let open = 1
  for (let at = from; at < text.length; at++) {
    if (text[at] === '{') open++
    else if (text[at] === '}' && --open === 0) return at
  }
  throw new Failure({kind: 'invalid', message: `"${text.slice(from - 2)}" has no closing brace`})
}

/** The inside of `${…}`: a name, then perhaps an operator and its word. The first operator wins. */
function expression(inside: string, lookup: Lookup, unset: string[], depth: number): string {
  const name = nameFrom(inside, 0)
  const match = name === undefined ? null : /^(:?[-+?])([\s\S]*)$/.exec(inside.slice(name.length))
  if (name === undefined || (match === null && name.length < inside.length)) {
    throw new Failure({kind: 'invalid', message: `"\${${inside}}" is not a variable`})
  }
  if (match === null) return value(name, lookup, unset)
  const word = () => expand(match[2]!, lookup, unset, depth + 1)
  const found = lookup(name)
  const present = found !== undefined && (match[1]!.length === 1 || found !== '')
  switch (match[1]!.at(-1)) {
    case '-':
      return present ? found : word()
    case '+':
      return present ? word() : ''
    default:
      if (present) return found
      throw required(name, word())
  }
}

function required(variable: string, why: string): Failure {
  const message = `required variable ${variable} is missing a value${why === '' ? '' : `: ${why}`}`
  return new Failure({kind: 'required', message, variable})
}

function value(name: string, lookup: Lookup, unset: string[]): string {
  const found = lookup(name)
  if (found === undefined) unset.push(name)
  return found ?? ''
}

function nameFrom(text: string, at: number): string | undefined {
  nameAt.lastIndex = at
  return nameAt.exec(text)?.[0]
}
