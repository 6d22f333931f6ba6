/** What of each pattern matches a path, as `Ignore.enter` gave it for the directory above. */
export type Matches = readonly boolean[]

/** The rules of a .dockerignore. Paths are relative, with slashes. */
export type Ignore = {
  /** Nothing is ever left out. */
  readonly isEmpty: boolean
  readonly none: Matches
  enter(path: string, above: Matches): {readonly isIgnored: boolean; readonly matches: Matches}
  /** Whether an exception may bring back something below an ignored directory. */
  mayHold(directory: string): boolean
}

type Rule = {readonly isException: boolean; readonly pattern: string; readonly expression: RegExp}

/** Docker's rules: the last that matches a path, or a directory that it is in, decides. */
export function parseIgnore(text: string): Ignore {
  const rules = text
    .replace(/^\ufeff/, '')
    .split('\n')
    .flatMap(line => ruleOf(line) ?? [])
  const exceptions = rules.filter(each => each.isException)
  return {
    isEmpty: rules.length === 0,
    none: rules.map(() => false),
    enter(path, above) {
      let isIgnored = false
      const matches = rules.map(({isException, expression}, index) => {
        const matched = above[index] === true || expression.test(path)
        if (matched) isIgnored = !isException
        return matched
      })
      return {isIgnored, matches}
    },
    mayHold: directory => exceptions.some(({pattern}) => mayBeBelow(pattern, directory)),
  }
}

function ruleOf(line: string): Rule | undefined {
  const trimmed = line.replace(/\r$/, '')
  if (trimmed.startsWith('#')) return undefined
  const text = trimmed.trim()
  const isException = text.startsWith('!')
  const pattern = clean(isException ? text.slice(1).trim() : text)
  if (pattern === '') return undefined
  return {isException, pattern, expression: new RegExp(`^${expressionOf(pattern)}$`, 's')}
}

/** `./a//b/../c/` is `a/c`. */
function clean(pattern: string): string {
  const parts: string[] = []
  for (const part of pattern.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') parts.pop()
    else parts.push(part)
  }
  return parts.join('/')
}

/** As a regular expression: `**` is any number of directories, `*` and `?` stay within one. */
export function expressionOf(pattern: string): string {
  let text = ''
  for (let at = 0; at < pattern.length; at++) {
    const rest = pattern.slice(at)
    const [set] = rest.match(/^\[\^?[^\]]+\]/) ?? []
    if (rest.startsWith('**/')) {
      text += '(?:.*/)?'
      at += 2
    } else if (rest.startsWith('**')) {
      text += '.*'
      at += 1
    } else if (rest.startsWith('*')) text += '[^/]*'
    else if (rest.startsWith('?')) text += '[^/]'
    else if (set !== undefined) {
      text += set.replaceAll('\\', '\\\\')
      at += set.length - 1
    } else if (rest.startsWith('\\') && rest.length > 1) {
      text += quoted(rest[1]!)
      at += 1
    } else text += quoted(rest[0]!)
  }
  return text
}

const quoted = (character: string): string => character.replace(/[.*+?^${}()|[\]\\/-]/, '\\$&')

/** Compares directory by directory as far as the pattern is plain. */
function mayBeBelow(pattern: string, directory: string): boolean {
  const [wanted, given] = [pattern.split('/'), directory.split('/')]
  for (const [index, part] of given.entries()) {
    const each = wanted[index]
    if (each === undefined) return false
    if (each.includes('**')) return true
    if (!new RegExp(`^${expressionOf(each)}$`, 's').test(part)) return false
  }
  return true
}
