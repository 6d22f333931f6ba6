import {randomBytes} from 'node:crypto'
import {chmod, chown, mkdir, rm, rmdir, writeFile} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'
import {parseBytes} from '../../base/bytes.ts'
import {hashOf, sha256} from '../../base/hash.ts'
import {imageView} from '../../runtime/container/layers.ts'
import {runWell} from '../../runtime/image/program.ts'
import type {Instruction, Mount} from '../dockerfile/instruction.ts'
import {failureAt} from '../failure.ts'
import {digestOf} from '../files/digest.ts'
import {match, walk} from '../files/source.ts'
import {writerOver} from '../files/writer.ts'
import type {RunMount} from '../request.ts'
import {type StepContext, stepOf} from './stage.ts'
import {expanded, type State} from './state.ts'

export type RunInstruction = Extract<Instruction, {kind: 'run'}>

export type Undo = Array<() => unknown>

/** A mount of RUN: what of it makes the step another, and how it comes to be; what it registers is undone after the run. */
export type WantedMount = {readonly identity: unknown; take(undo: Undo): Promise<RunMount[]>}

export async function undoAll(undo: Undo): Promise<void> {
  let failure: unknown
  for (const each of undo.splice(0).reverse()) {
    try {
      await each()
    } catch (error) {
      failure ??= error
    }
  }
  if (failure !== undefined) throw failure
}

export async function mountsOf(
  state: State,
  instruction: RunInstruction,
  context: StepContext,
): Promise<WantedMount[]> {
  const mounts: WantedMount[] = []
  for (const mount of instruction.mounts) {
    const options = new Map(Object.entries(mount.options).map(([name, raw]) => [name, expanded(state, raw)]))
    const given = {state, instruction, mount, options, context}
    const made = await kinds[mount.type](given)
    if (made !== undefined) mounts.push(made)
  }
  return mounts
}

type Given = {
  readonly state: State
  readonly instruction: RunInstruction
  readonly mount: Mount
  readonly options: ReadonlyMap<string, string>
  readonly context: StepContext
}

const kinds: Readonly<Record<Mount['type'], (given: Given) => Promise<WantedMount | undefined>>> = {
  bind,
  cache,
  tmpfs: async given => {
    const size = given.options.get('size')
    const bytes = size === undefined ? undefined : parseBytes(size)
    if (size !== undefined && bytes === undefined) throw failureAt(given.mount.at, `"${size}" is no size`)
    const mount: RunMount = {type: 'tmpfs', target: targetOf(given), ...(bytes === undefined ? {} : {size: bytes})}
    return {identity: mount, take: async () => [mount]}
  },
  secret,
  ssh: async ({options, mount}) => {
    if (options.get('required') !== 'true') return undefined
    throw failureAt(mount.at, 'keys by ssh are not supported', {hint: 'give the key as a secret'})
  },
}

const targetOf = ({state, options}: Given): string => {
  const target = options.get('target') ?? ''
  return target.startsWith('/') ? join('/', target) : join('/', state.config.workingDir, target)
}

const isTrue = (options: ReadonlyMap<string, string>, name: string): boolean =>
  options.has(name) && options.get(name) !== 'false'

/** Files of the context or of an image as a layer of their own, which is mounted; what is written there is lost. */
async function bind(given: Given): Promise<WantedMount> {
  const {options, context, instruction, mount} = given
  const from = options.get('from')
  const source = from === undefined ? context.context : await context.from(from, instruction)
  const path = options.get('source') ?? '/'
  const [item] = match(source, path)
  if (item === undefined) throw failureAt(mount.at, `"${path}" is not in ${from ?? 'the build context'}`)
  const digest = await digestOf(source, item, context.hashes)
  const name = item.kind === 'directory' ? '' : basename(item.at)
  const target = targetOf(given)
  const writable = isTrue(options, 'readwrite')
  return {
    identity: {type: 'bind', digest, target, writable},
    async take(undo) {
      const key = hashOf({step: 'bind', digest, name})
      const empty = await context.builds.scratch()
      const {step} = await stepOf({...context, isFresh: false}, key, async () => {
        const workplace = await context.builds.workplace()
        try {
          const writer = writerOver(imageView(empty), workplace.directory)
          for (const each of walk(source, item)) {
            await writer.copy(each, join('/', name, each.at.slice(item.at === '/' ? 0 : item.at.length)), {})
          }
          return await context.builds.add(key, empty, await writer.finish())
        } finally {
          await workplace.remove()
        }
      })
      const there = join(step.layers[0]!, name)
      if (!writable) return [{type: 'bind', source: there, target, readOnly: true}]
      const workplace = await context.builds.workplace()
      undo.push(workplace.remove)
      const copy = join(workplace.directory, 'copy')
      await runWell('cp', ['-a', '--', there, copy])
      return [{type: 'bind', source: copy, target, readOnly: false}]
    },
  }
}

const busy = new Map<string, Promise<void>>()

/** Kept over builds, and shared unless said. Its content never makes a step another. */
async function cache(given: Given): Promise<WantedMount> {
  const {options, context, mount} = given
  if (options.has('from')) throw failureAt(mount.at, 'a cache that begins with files of an image is not supported')
  const target = targetOf(given)
  const id = options.get('id') ?? target
  const sharing = options.get('sharing') ?? 'shared'
  if (!['shared', 'private', 'locked'].includes(sharing)) {
    throw failureAt(mount.at, `"${sharing}" is no way of sharing`, {hint: 'it is shared, private or locked'})
  }
  const readOnly = isTrue(options, 'readonly')
  return {
    identity: {type: 'cache', id, target, readOnly},
    async take(undo) {
      const wanted = join(context.builds.directory, 'caches', sha256(id).slice(0, 32))
      const isTaken = busy.has(wanted)
      if (sharing === 'locked') await lock(wanted, undo)
      if (sharing === 'private' && !isTaken) await lock(wanted, undo)
      const source = sharing === 'private' && isTaken ? `${wanted}.${randomBytes(4).toString('hex')}` : wanted
      const isNew = (await mkdir(source, {recursive: true})) !== undefined
      if (isNew) {
        await chown(source, Number(options.get('uid') ?? 0), Number(options.get('gid') ?? 0))
        await chmod(source, Number.parseInt(options.get('mode') ?? '755', 8))
      }
      return [{type: 'bind', source, target, readOnly}]
    },
  }
}

/** Waits until nobody has it. */
async function lock(name: string, undo: Undo): Promise<void> {
  for (let running = busy.get(name); running !== undefined; running = busy.get(name)) await running
  let free: () => void = () => undefined
  busy.set(
    name,
    new Promise<void>(resolve => {
      free = resolve
    }),
  )
  undo.push(() => {
    busy.delete(name)
    free()
  })
}

/** In memory while the program runs. That there is one belongs to the step, never what it says. */
async function secret(given: Given): Promise<WantedMount | undefined> {
  const {options, context, mount} = given
  const id = options.get('id') ?? basename(options.get('target') ?? '')
  if (options.has('env')) {
    throw failureAt(mount.at, 'a secret as a variable is not supported', {
      hint: `read it from /run/secrets/${id || 'ID'}`,
    })
  }
  if (id === '') throw failureAt(mount.at, 'a secret needs an id', {hint: 'write id=NAME'})
  const content = context.request.secrets[id]
  if (content === undefined) {
    if (!isTrue(options, 'required')) return undefined
    throw failureAt(mount.at, `there is no secret "${id}"`, {hint: 'name it under build: secrets: of the service'})
  }
  const target = options.has('target') ? targetOf(given) : `/run/secrets/${id}`
  return {
    identity: {type: 'secret', id, target},
    async take(undo) {
      const directory = join(context.host.runDirectory, 'builds', randomBytes(8).toString('hex'))
      undo.push(async () => {
        await rm(directory, {recursive: true, force: true})
        // Others may have theirs there.
        await rmdir(dirname(directory)).catch(() => undefined)
      })
      await mkdir(directory, {recursive: true, mode: 0o700})
      const source = join(directory, 'secret')
      await writeFile(source, content, {mode: 0o400})
      await chown(source, Number(options.get('uid') ?? 0), Number(options.get('gid') ?? 0))
      await chmod(source, Number.parseInt(options.get('mode') ?? '400', 8))
      return [{type: 'bind', source, target, readOnly: true}]
    },
  }
}
