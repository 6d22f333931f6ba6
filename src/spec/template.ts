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

/** A piece of a text: as it stands, or a variable. */
export type Part = string | Variable
/** `${NAME:-word}`: the word is looked into when it is needed. */
export type Variable = {
  readonly name: string
  readonly operator?: {readonly kind: '-' | '+' | '?'; readonly word: string; readonly emptyIsUnset: boolean}
}

/** Replaces `$NAME`, `${NAME…}` and `$$`; the result is not looked at again. */
export function substitute(text: string, lookup: Lookup): Substituted {
  const unset: string[] = []
  try {
    return {value: expand(text, {lookup, unset, depth: 0}), unset}
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return {value: '', unset, error: error.details}
  }
}

/** Every variable of a text, those of words included; none where it cannot be understood. */
export function variablesOf(text: string, depth = 0): readonly Variable[] {
  if (depth > depthLimit) return []
  try {
    return [...parse(text)].flatMap(part =>
      typeof part === 'string' ? [] : [part, ...variablesOf(part.operator?.word ?? '', depth + 1)],
    )
  } catch (error) {
    if (error instanceof Failure) return []
    throw error
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

type Expanding = {readonly lookup: Lookup; readonly unset: string[]; readonly depth: number}

function expand(text: string, {depth, ...more}: Expanding): string {
  if (depth > depthLimit) throw new Failure({kind: 'invalid', message: `\${…} is nested more than ${depthLimit} deep`})
  let result = ''
  for (const part of parse(text)) result += typeof part === 'string' ? part : evaluate(part, {depth, ...more})
  return result
}

function* parse(text: string): Generator<Part> {
  let from = 0
  for (let dollar = text.indexOf('$'); dollar >= 0; dollar = text.indexOf('$', from)) {
    yield text.slice(from, dollar)
    const next = text[dollar + 1]
    const name = nameFrom(text, dollar + 1)
    if (next === '{') {
      const end = closingBrace(text, dollar + 2)
      yield expression(text.slice(dollar + 2, end))
      from = end + 1
    } else if (name !== undefined) {
      yield {name}
      from = dollar + 1 + name.length
    } else {
      yield '$'
      from = dollar + (next === '$' ? 2 : 1)
    }
  }
  yield text.slice(from)
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
function expression(inside: string): Variable {
  const name = nameFrom(inside, 0)
  const match = name === undefined ? null : /^(:?)([-+?])([\s\S]*)$/.exec(inside.slice(name.length))
  if (name === undefined || (match === null && name.length < inside.length)) {
    throw new Failure({kind: 'invalid', message: `"\${${inside}}" is not a variable`})
  }
  if (match === null) return {name}
  const [, colon, kind, word = ''] = match
  return {name, operator: {kind: kind as '-' | '+' | '?', word, emptyIsUnset: colon !== ''}}
}

function evaluate({name, operator}: Variable, {lookup, unset, depth}: Expanding): string {
  const found = lookup(name)
  if (operator === undefined) {
    if (found === undefined) unset.push(name)
    return found ?? ''
  }
  const word = () => expand(operator.word, {lookup, unset, depth: depth + 1})
  const isPresent = found !== undefined && !(operator.emptyIsUnset && found === '')
  if (operator.kind === '+') return isPresent ? word() : ''
  if (isPresent) return found
  if (operator.kind === '-') return word()
  throw required(name, word())
}

function required(variable: string, why: string): Failure {
  const message = `required variable ${variable} is missing a value${why === '' ? '' : `: ${why}`}`
  return new Failure({kind: 'required', message, variable})
}

function nameFrom(text: string, at: number): string | undefined {
  nameAt.lastIndex = at
  return nameAt.exec(text)?.[0]
}
