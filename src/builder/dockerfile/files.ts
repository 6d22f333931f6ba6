import type {Body, Raw} from './instruction.ts'
import type {Heredoc} from './line.ts'
import {checkFlags, flagValue, isFlagged, problem, type Reader, rest, wordsOf} from './reader.ts'

const common = ['chown', 'chmod', 'link', 'exclude', 'parents']

/** COPY and ADD. */
export function parseFiles(reader: Reader): Body | undefined {
  const kind = reader.keyword === 'COPY' ? 'copy' : 'add'
  checkFlags(reader, [...common, ...(kind === 'copy' ? ['from'] : ['checksum', 'keep-git-dir', 'unpack'])])
  const words = wordsOf(reader)
  const target = words.at(-1)
  if (target === undefined || words.length < 2) {
    return problem(
      reader,
      `${reader.keyword} needs what to copy and where to`,
      rest(reader).at,
      `write ${reader.keyword} SOURCE… TARGET`,
    )
  }
  const sources = words.slice(0, -1)
  return {
    kind,
    sources,
    target,
    ...given({
      from: flagValue(reader, 'from'),
      chown: flagValue(reader, 'chown'),
      chmod: flagValue(reader, 'chmod'),
      checksum: flagValue(reader, 'checksum'),
    }),
    link: isFlagged(reader, 'link'),
    keepGitDir: isFlagged(reader, 'keep-git-dir'),
    ...(reader.flags.some(each => each.name === 'unpack') ? {unpack: isFlagged(reader, 'unpack')} : {}),
    parents: isFlagged(reader, 'parents'),
    excludes: reader.flags.flatMap(each => (each.name === 'exclude' && each.value !== undefined ? [each.value] : [])),
    contents: contentsOf(sources, reader.line.heredocs),
  }
}

function contentsOf(sources: readonly Raw[], heredocs: readonly Heredoc[]): ReadonlyMap<number, Heredoc> {
  const contents = new Map<number, Heredoc>()
  const rest = [...heredocs]
  for (const [index, {text}] of sources.entries()) {
    const next = /^\d*<<-?[^<]+$/.test(text) ? rest.shift() : undefined
    if (next !== undefined) contents.set(index, next)
  }
  return contents
}

type Flags = {from: Raw | undefined; chown: Raw | undefined; chmod: Raw | undefined; checksum: Raw | undefined}

function given({from, chown, chmod, checksum}: Flags) {
  return {
    ...(from === undefined ? {} : {from}),
    ...(chown === undefined ? {} : {chown}),
    ...(chmod === undefined ? {} : {chmod}),
    ...(checksum === undefined ? {} : {checksum}),
  }
}
