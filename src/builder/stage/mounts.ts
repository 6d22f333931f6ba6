import {basename, join} from 'node:path'
import {parseBytes} from '../../base/bytes.ts'
import {runWell} from '../../runtime/image/program.ts'
import type {Mount} from '../dockerfile/instruction.ts'
import {failureAt} from '../failure.ts'
import {digestOf} from '../files/digest.ts'
import {match} from '../files/source.ts'
import type {RunMount} from '../request.ts'
import {cache} from './caches.ts'
import {type Given, isTrue, type RunInstruction, targetOf, type Undo, type WantedMount} from './given.ts'
import {layerOf} from './layer.ts'
import {secret} from './secrets.ts'
import {ssh} from './ssh.ts'
import type {StepContext} from './stage.ts'
import {expanded, type State} from './state.ts'

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

const kinds: Readonly<Record<Mount['type'], (given: Given) => Promise<WantedMount | undefined>>> = {
  bind,
  cache,
  tmpfs: async given => {
    const size = given.options.get('size')
    const bytes = size === undefined ? undefined : parseBytes(size)
    if (size !== undefined && bytes === undefined) throw failureAt(given.mount.at, `"${size}" is no size`)
    const mount: RunMount = {type: 'tmpfs', target: targetOf(given), ...(bytes === undefined ? {} : {size: bytes})}
    return {identity: mount, take: async () => ({mounts: [mount]})}
  },
  secret,
  ssh,
}

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
      const step = await layerOf(context, {source, item, digest, name})
      const there = join(step.layers[0]!, name)
      if (!writable) return {mounts: [{type: 'bind', source: there, target, readOnly: true}]}
      const workplace = await context.builds.workplace()
      undo.push(workplace.remove)
      const copy = join(workplace.directory, 'copy')
      await runWell('cp', ['-a', '--', there, copy])
      return {mounts: [{type: 'bind', source: copy, target, readOnly: false}]}
    },
  }
}
