import {globToPattern} from './glob.ts'

/** A word without its quotes, its variables replaced. */
export type Expanded =
  | {readonly text: string; readonly used: readonly string[]}
  /** `at` is an offset in the word. */
  | {readonly problem: string; readonly at: number}

export type Scope = {readonly get: (name: string) => string | undefined; readonly escapeBy: string}

/** What `$NAME` and `${NAME…}` mean in an instruction's word; Docker's rules, which are less than a shell's. */
export function expand(word: string, scope: Scope): Expanded {
  return run(word, scope, false)
}

/** As `expand` in the content of a heredoc: quotes are text. */
export function expandContent(text: string, scope: Scope): Expanded {
  return run(text, scope, true)
}

class Problem extends Error {
  readonly at: number
  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

type State = {
  readonly word: string
  readonly scope: Scope
  at: number
  readonly used: Set<string>
  readonly isContent: boolean
}

function run(word: string, scope: Scope, isContent: boolean): Expanded {
  const state: State = {word, scope, at: 0, used: new Set(), isContent}
  try {
    return {text: until(state, ''), used: [...state.used]}
  } catch (error) {
    if (error instanceof Problem) return {problem: error.message, at: error.at}
    throw error
  }
}

/** Up to `stop`, which is left where it is, or the end. */
function until(state: State, stop: string): string {
  const {word, scope, isContent} = state
  let text = ''
  while (state.at < word.length) {
    const each = word[state.at]!
    if (each === stop) return text
    if (each === "'" && !isContent) text += single(state)
    else if (each === '"' && !isContent) text += double(state)
    else if (each === '$') text += variable(state)
    else if (each === scope.escapeBy) text += escaped(state)
    else {
      text += each
      state.at++
    }
  }
  if (stop !== '') throw new Problem(`"${stop}" is missing`, word.length - 1)
  return text
}

function escaped(state: State): string {
  const next = state.word[state.at + 1]
  state.at += 2
  if (next === undefined) return state.scope.escapeBy
  if (state.isContent && next !== '$' && next !== state.scope.escapeBy) return `${state.scope.escapeBy}${next}`
  return next
}

function single(state: State): string {
  const end = state.word.indexOf("'", state.at + 1)
  if (end < 0) throw new Problem("a quote ' is not closed", state.at)
  const text = state.word.slice(state.at + 1, end)
  state.at = end + 1
  return text
}

function double(state: State): string {
  const {word, scope} = state
  const start = state.at++
  let text = ''
  while (word[state.at] !== '"') {
    const each = word[state.at]
    if (each === undefined) throw new Problem('a quote " is not closed', start)
    if (each === '$') text += variable(state)
    else if (each === scope.escapeBy && ['"', '$', scope.escapeBy].includes(word[state.at + 1] ?? '')) {
      text += word[state.at + 1]
      state.at += 2
    } else {
      text += each
      state.at++
    }
  }
  state.at++
  return text
}

function variable(state: State): string {
  const {word} = state
  const start = state.at
  if (word[start + 1] !== '{') {
    const name = word.slice(start + 1).match(/^([a-zA-Z_][a-zA-Z0-9_]*|[0-9@*#?!$-])/)?.[0] ?? ''
    state.at += 1 + name.length
    return name === '' ? '$' : (lookUp(state, name) ?? '')
  }
  const name = word.slice(start + 2).match(/^([a-zA-Z_][a-zA-Z0-9_]*|[0-9@*#?!$-])/)?.[0]
  if (name === undefined) throw new Problem('"${" needs the name of a variable', start)
  state.at = start + 2 + name.length
  const text = modified(state, name)
  if (word[state.at] !== '}') throw new Problem(`"\${${name}" is not closed by "}"`, start)
  state.at++
  return text
}

function lookUp({scope, used}: State, name: string): string | undefined {
  used.add(name)
  return scope.get(name)
}

function modified(state: State, name: string): string {
  const {word} = state
  const value = lookUp(state, name)
  const rest = word.slice(state.at)
  if (rest === '' || rest.startsWith('}')) return value ?? ''
  const [operator = ''] = rest.match(/^(:[-+?]|[-+?]|##?|%%?|\/\/?)/) ?? []
  if (operator === '') throw new Problem(`"\${${name}…}" has a modifier that is not known`, state.at)
  state.at += operator.length
  if (operator.startsWith('/')) return replaced(state, value ?? '', operator === '//')
  const operand = until(state, '}')
  if (operator.startsWith('#') || operator.startsWith('%')) return trimmed(value ?? '', operand, operator)
  const isGiven = operator.startsWith(':') ? value !== undefined && value !== '' : value !== undefined
  if (operator.endsWith('+')) return isGiven ? operand : ''
  if (isGiven) return value ?? ''
  if (operator.endsWith('?')) throw new Problem(`${name}: ${operand || 'is not set'}`, state.at)
  return operand
}

function replaced(state: State, value: string, all: boolean): string {
  const pattern = until(state, '/')
  state.at++
  const by = until(state, '}')
  return value.replace(new RegExp(globToPattern(pattern), all ? 'gs' : 's'), () => by)
}

/** `#` takes the shortest beginning that matches, `##` the longest; `%` and `%%` the end. */
function trimmed(value: string, glob: string, operator: string): string {
  const whole = new RegExp(`^(?:${globToPattern(glob)})$`, 's')
  const isEnd = operator.startsWith('%')
  const lengths = Array.from({length: value.length + 1}, (_, length) => length)
  if (operator.length === 2) lengths.reverse()
  for (const length of lengths) {
    const cut = isEnd ? value.slice(value.length - length) : value.slice(0, length)
    if (whole.test(cut)) return isEnd ? value.slice(0, value.length - length) : value.slice(length)
  }
  return value
}
