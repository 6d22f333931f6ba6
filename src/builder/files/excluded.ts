import {basename} from 'node:path/posix'
import {type Ignore, parseIgnore} from '../context/ignore.ts'
import type {Item, Source} from './source.ts'

/** `--exclude`: patterns are relative to what is copied, or are a file's name. */
export function withoutExcluded(source: Source, item: Item, patterns: readonly string[]): Source | undefined {
  if (patterns.length === 0) return source
  const more = parseIgnore(patterns.join('\n'))
  if (item.kind === 'file') return more.enter(basename(item.at), more.none).isIgnored ? undefined : source
  return {...source, ignore: both(source.ignore, below(more, item.at))}
}

/** The same for paths from the root on. */
function below(ignore: Ignore, directory: string): Ignore {
  const start = directory === '/' ? '' : `${directory.slice(1)}/`
  const within = (path: string) => (path.startsWith(start) ? path.slice(start.length) : '')
  return {
    ...ignore,
    mayHold: path => within(path) === '' || ignore.mayHold(within(path)),
    enter: (path, above) =>
      within(path) === '' ? {isIgnored: false, matches: ignore.none} : ignore.enter(within(path), above),
  }
}

/** What either leaves out. */
function both(a: Ignore, b: Ignore): Ignore {
  const length = a.none.length
  return {
    isEmpty: a.isEmpty && b.isEmpty,
    none: [...a.none, ...b.none],
    mayHold: directory => a.mayHold(directory) || b.mayHold(directory),
    enter(path, above) {
      const [first, second] = [a.enter(path, above.slice(0, length)), b.enter(path, above.slice(length))]
      return {isIgnored: first.isIgnored || second.isIgnored, matches: [...first.matches, ...second.matches]}
    },
  }
}
