import {mkdtemp} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path/posix'
import {StackError} from '../../base/error.ts'
import {hashOf, sha256} from '../../base/hash.ts'
import {imageView} from '../../runtime/container/layers.ts'
import {readFrom} from '../../runtime/container/root-view.ts'
import {resolveUser} from '../../runtime/container/user.ts'
import {parseIgnore} from '../context/ignore.ts'
import {expandContent} from '../dockerfile/expand.ts'
import type {Instruction, Raw} from '../dockerfile/instruction.ts'
import {failureAt} from '../failure.ts'
import {digestOf} from '../files/digest.ts'
import {type Item, match, type Source, walk} from '../files/source.ts'
import {type Owner, type Writer, writerOver} from '../files/writer.ts'
import {changedMode, checkMode} from './mode.ts'
import {type StepContext, type Stepped, stepOf} from './stage.ts'
import {environmentOf, expanded, type State} from './state.ts'
import {isArchive, unpackInto} from './unpack.ts'

export type CopyInstruction = Extract<Instruction, {kind: 'copy' | 'add'}>

type Found =
  | {readonly kind: 'content'; readonly name: string; readonly data: Uint8Array}
  | {readonly kind: 'item'; readonly item: Item; readonly digest: string}

/** COPY and ADD. */
export async function copyStep(state: State, instruction: CopyInstruction, context: StepContext): Promise<Stepped> {
  const source = await sourceOf(state, instruction, context)
  const found = await foundOf(state, instruction, {source, context})
  const target = expanded(state, instruction.target)
  const absolute = withoutSlash(target.startsWith('/') ? join('/', target) : join('/', state.config.workingDir, target))
  const view = imageView(state.step)
  const owner = ownerOf(state, instruction.chown) ?? (source.isContext ? {uid: 0, gid: 0} : undefined)
  const chmod = instruction.chmod && checkMode(expanded(state, instruction.chmod), instruction.chmod.at)
  const isDirectory = /(^|\/)\.?$/.test(target) || found.length > 1
  const key = hashOf({
    step: instruction.kind,
    on: state.step.id,
    sources: found.map(each =>
      each.kind === 'item' ? [nameOf(each, instruction), each.digest] : [each.name, sha256(each.data)],
    ),
    absolute,
    isDirectory,
    owner,
    chmod,
    parents: instruction.parents,
  })
  const {step, isCached} = await stepOf(context, key, async () => {
    const workplace = await context.builds.workplace()
    try {
      const writer = writerOver(view, workplace.directory)
      const into = isDirectory || writer.isDirectory(absolute)
      for (const each of found)
        await put(writer, each, {
          source,
          absolute,
          into,
          owner,
          chmod,
          instruction,
          workplace: workplace.directory,
        })
      return await context.builds.add(key, state.step, await writer.finish())
    } finally {
      await workplace.remove()
    }
  })
  return {state: {...state, step}, isCached}
}

const withoutSlash = (path: string): string => (path === '/' ? path : path.replace(/\/$/, ''))

async function sourceOf(state: State, instruction: CopyInstruction, context: StepContext): Promise<Source> {
  const {from, excludes} = instruction
  const source = from === undefined ? context.context : await context.from(expanded(state, from), instruction)
  if (excludes.length === 0) return source
  const patterns = excludes.map(each => expanded(state, each))
  const more = parseIgnore(patterns.join('\n'))
  return {...source, ignore: both(source.ignore, more)}
}

/** What either leaves out. */
function both(a: Source['ignore'], b: Source['ignore']): Source['ignore'] {
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

type Place = {readonly source: Source; readonly context: StepContext}

async function foundOf(state: State, instruction: CopyInstruction, {source, context}: Place): Promise<Found[]> {
  const all: Found[] = []
  for (const [index, raw] of instruction.sources.entries()) {
    const heredoc = instruction.contents.get(index)
    if (heredoc !== undefined) {
      const data = Buffer.from(heredoc.isQuoted ? heredoc.content : contentOf(state, heredoc.content, raw))
      all.push({kind: 'content', name: heredoc.name, data})
      continue
    }
    const pattern = expanded(state, raw)
    if (/^(https?|git|ssh):\/\/|^git@/.test(pattern)) {
      throw failureAt(raw.at, `${instruction.kind.toUpperCase()} of an address is not supported`, {
        hint: 'fetch it by RUN, or put the file into the context',
      })
    }
    const items = match(source, pattern)
    if (items.length === 0) throw missing(pattern, raw, instruction)
    for (const item of items) {
      all.push({kind: 'item', item, digest: await digestOf(source, item, context.hashes)})
    }
  }
  return all
}

function missing(pattern: string, raw: Raw, {from}: CopyInstruction): Error {
  const where = from === undefined ? 'the build context, or .dockerignore leaves it out' : from.text
  return failureAt(raw.at, `"${pattern}" is not in ${where}`)
}

function contentOf(state: State, content: string, raw: Raw): string {
  const env = environmentOf(state)
  const found = expandContent(content, {get: name => env.get(name) ?? state.args.get(name), escapeBy: state.escapeBy})
  if ('text' in found) return found.text
  throw failureAt(raw.at, found.problem)
}

function nameOf({item}: Extract<Found, {kind: 'item'}>, {parents}: CopyInstruction): string {
  return parents ? item.at : item.kind === 'directory' ? '' : basename(item.at)
}

export function ownerOf(state: State, chown: Raw | undefined): Owner | undefined {
  if (chown === undefined) return undefined
  const view = imageView(state.step)
  try {
    const name = expanded(state, chown)
    const {uid, gid} = resolveUser(name, [], {
      passwd: readFrom(view, '/etc/passwd'),
      group: readFrom(view, '/etc/group'),
    })
    // A number alone is the group's too.
    return {uid, gid: !name.includes(':') && /^\d+$/.test(name) ? uid : gid}
  } catch (error) {
    if (!(error instanceof StackError)) throw error
    throw failureAt(chown.at, error.message, error.hint === undefined ? {} : {hint: error.hint})
  }
}

type Putting = {
  readonly source: Source
  readonly absolute: string
  readonly into: boolean
  readonly owner: Owner | undefined
  readonly chmod: string | undefined
  readonly instruction: CopyInstruction
  readonly workplace: string
}

async function put(writer: Writer, found: Found, at: Putting): Promise<void> {
  const {absolute, into, owner, chmod, instruction} = at
  const mode =
    chmod === undefined ? undefined : (each: number, isDirectory: boolean) => changedMode(chmod, each, isDirectory)
  const attributes = {...(owner === undefined ? {} : {owner}), ...(mode === undefined ? {} : {mode})}
  if (found.kind === 'content') {
    const to = into ? join(absolute, found.name) : absolute
    return await writer.write(to, found.data, {owner: owner ?? {uid: 0, gid: 0}, mode: mode?.(0o644, false) ?? 0o644})
  }
  const {item} = found
  if (instruction.kind === 'add' && item.kind === 'file' && item.stats.isFile() && (await isArchive(item.hostPath))) {
    const directory = await mkdtemp(join(at.workplace, 'archive-'))
    // Its own owners hold unless others are asked for.
    const {owner: _, ...rest} = attributes
    return await unpackInto(writer, item.hostPath, {
      to: absolute,
      directory,
      attributes: instruction.chown === undefined ? rest : attributes,
    })
  }
  const base = instruction.parents ? join(absolute, item.at) : absolute
  if (item.kind === 'file') {
    if (instruction.parents) await writer.directory(dirname(base), owner)
    return await writer.copy(item, !instruction.parents && into ? join(base, basename(item.at)) : base, attributes)
  }
  for (const each of walk(at.source, item)) {
    const below = each.at.slice(item.at === '/' ? 0 : item.at.length)
    await writer.copy(each, join(base, below), attributes)
  }
}
