import {mkdtemp} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path/posix'
import {StackError} from '../../base/error.ts'
import {hashOf, sha256} from '../../base/hash.ts'
import {imageView} from '../../runtime/container/layers.ts'
import {lookup, readFrom} from '../../runtime/container/root-view.ts'
import {resolveUser} from '../../runtime/container/user.ts'
import {expandContent} from '../dockerfile/expand.ts'
import type {Instruction, Raw} from '../dockerfile/instruction.ts'
import {agedTo} from '../epoch.ts'
import {failureAt, placed} from '../failure.ts'
import {digestOf} from '../files/digest.ts'
import {withoutExcluded} from '../files/excluded.ts'
import {type Item, match, type Source, walk} from '../files/source.ts'
import {type Attributes, type Owner, type Writer, writerOver} from '../files/writer.ts'
import {addressOf} from '../remote/address.ts'
import {fetchedOf} from './fetched.ts'
import type {Undo} from './given.ts'
import {changedMode, checkMode} from './mode.ts'
import {undoAll} from './mounts.ts'
import {type StepContext, type Stepped, stepOf} from './stage.ts'
import {environmentOf, expanded, type State} from './state.ts'
import {isArchive, unpackInto} from './unpack.ts'

export type CopyInstruction = Extract<Instruction, {kind: 'copy' | 'add'}>

type Found =
  | {readonly kind: 'content'; readonly name: string; readonly data: Uint8Array}
  | {
      readonly kind: 'item'
      readonly source: Source
      readonly item: Item
      readonly digest: string
      readonly unpacks: boolean
    }

/** COPY and ADD. */
export async function copyStep(state: State, instruction: CopyInstruction, context: StepContext): Promise<Stepped> {
  const undo: Undo = []
  try {
    return await copied(state, instruction, {context, undo})
  } finally {
    await undoAll(undo)
  }
}

type Copying = {readonly context: StepContext; readonly undo: Undo}

async function copied(state: State, instruction: CopyInstruction, {context, undo}: Copying): Promise<Stepped> {
  const source = await sourceOf(state, instruction, context)
  const found = await foundOf(state, instruction, {source, context, undo})
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
    epoch: context.request.epoch,
    // Only of archives it says what becomes of them.
    unpacks: found.some(each => each.kind === 'item' && each.unpacks),
  })
  const {step, isCached} = await stepOf(context, {key, parent: state.step}, async () => {
    const workplace = await context.builds.workplace()
    try {
      const writer = writerOver(view, workplace.directory)
      const into = isDirectory || writer.isDirectory(absolute)
      for (const each of found)
        await put(writer, each, {
          signal: context.signal,
          absolute,
          into,
          owner,
          chmod,
          instruction,
          workplace: workplace.directory,
        })
      const written = await writer.finish()
      await agedTo(context.request.epoch, written)
      return await context.builds.add(key, state.step, written)
    } finally {
      await workplace.remove()
    }
  })
  return {state: {...state, step}, isCached}
}

const withoutSlash = (path: string): string => (path === '/' ? path : path.replace(/\/$/, ''))

async function sourceOf(state: State, instruction: CopyInstruction, context: StepContext): Promise<Source> {
  const {from} = instruction
  return from === undefined ? context.context : await context.from(expanded(state, from), instruction)
}

type Place = {readonly source: Source; readonly context: StepContext; readonly undo: Undo}

async function foundOf(state: State, instruction: CopyInstruction, {source, context, undo}: Place): Promise<Found[]> {
  const all: Found[] = []
  for (const [index, raw] of instruction.sources.entries()) {
    const heredoc = instruction.contents.get(index)
    if (heredoc !== undefined) {
      const data = Buffer.from(heredoc.isQuoted ? heredoc.content : contentOf(state, heredoc.content, raw))
      all.push({kind: 'content', name: heredoc.name, data})
      continue
    }
    const pattern = expanded(state, raw)
    const address = instruction.from === undefined ? addressOf(pattern) : undefined
    if (address !== undefined) {
      if (instruction.kind === 'copy') {
        throw failureAt(raw.at, 'COPY takes files of the context', {hint: `write ADD ${pattern}`})
      }
      const fetched = await placed(raw.at, () =>
        fetchedOf(address, {context, undo, instruction, ...checksumOf(state, instruction)}),
      )
      all.push({kind: 'item', ...fetched, digest: await digestOf(fetched.source, fetched.item, context.hashes)})
      continue
    }
    if (instruction.checksum !== undefined) {
      throw failureAt(instruction.checksum.at, '--checksum is for what is fetched by HTTP or from git')
    }
    const items = match(source, pattern)
    if (items.length === 0) throw missing(pattern, raw, instruction)
    const excluded = instruction.excludes.map(each => expanded(state, each))
    const unpacks = instruction.kind === 'add' && instruction.unpack !== false
    for (const item of items) {
      const own = withoutExcluded(source, item, excluded)
      if (own === undefined) continue
      all.push({kind: 'item', source: own, item, unpacks, digest: await digestOf(own, item, context.hashes)})
    }
  }
  return all
}

function checksumOf(state: State, {checksum}: CopyInstruction): {checksum?: string} {
  if (checksum === undefined) return {}
  const text = expanded(state, checksum)
  if (/^sha256:[0-9a-f]{64}$/.test(text) || /^[0-9a-f]{40}$/.test(text)) return {checksum: text}
  throw failureAt(checksum.at, `"${text}" is no checksum`, {
    hint: 'write sha256: and 64 digits, or the digest of a commit',
  })
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
  readonly signal: AbortSignal
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
  if (found.unpacks && item.kind === 'file' && item.stats.isFile() && (await isArchive(item.hostPath))) {
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
    if (instruction.parents) await copyParents(writer, found, {absolute, attributes})
    return await writer.copy(item, !instruction.parents && into ? join(base, basename(item.at)) : base, attributes)
  }
  if (instruction.parents) await copyParents(writer, found, {absolute, attributes})
  for (const each of walk(found.source, item)) {
    at.signal.throwIfAborted()
    const within = each.at.slice(item.at === '/' ? 0 : item.at.length)
    // What is in a directory is copied, and not the directory: its mode and owner are not.
    if (each === item && !instruction.parents) await writer.make(base, attributes)
    else await writer.copy(each, join(base, within), attributes)
  }
}

type Parents = {readonly absolute: string; readonly attributes: Attributes}

/** `--parents`: the directories on the way, as they are. */
async function copyParents(
  writer: Writer,
  {source, item}: Extract<Found, {kind: 'item'}>,
  {absolute, attributes}: Parents,
): Promise<void> {
  const above: string[] = []
  for (let at = dirname(item.at); at !== '/'; at = dirname(at)) above.unshift(at)
  for (const at of above) {
    const found = lookup(source.view, at)
    if (found?.kind === 'directory') await writer.copy({...found, at}, join(absolute, at), attributes)
  }
}
