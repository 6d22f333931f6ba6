import {chmod, chown, mkdir, readdir, rm} from 'node:fs/promises'
import {basename, join} from 'node:path'
import {sha256} from '../../base/hash.ts'
import {runWell} from '../../runtime/image/program.ts'
import {failureAt} from '../failure.ts'
import {digestOf} from '../files/digest.ts'
import {match} from '../files/source.ts'
import {type Given, isTrue, targetOf, type Undo, type WantedMount} from './given.ts'
import {layerOf} from './layer.ts'

/** How many builds have a cache, and who waits for one that is his alone. */
const users = new Map<string, number>()
const busy = new Map<string, Promise<void>>()

const directoryOf = (builds: string): string => join(builds, 'caches')

/** Kept over builds, and shared unless said. Its content never makes a step another. */
export async function cache(given: Given): Promise<WantedMount> {
  const {options, context, mount} = given
  const target = targetOf(given)
  const id = options.get('id') ?? target
  const sharing = options.get('sharing') ?? 'shared'
  if (!['shared', 'private', 'locked'].includes(sharing)) {
    throw failureAt(mount.at, `"${sharing}" is no way of sharing`, {hint: 'it is shared, private or locked'})
  }
  const readOnly = isTrue(options, 'readonly')
  const beginning = options.has('from') ? await beginningOf(given) : undefined
  return {
    identity: {type: 'cache', id, target, readOnly, beginning: beginning?.digest},
    async take(undo) {
      const wanted = join(
        directoryOf(context.builds.directory),
        sha256(`${id}${beginning === undefined ? '' : `\0${beginning.digest}`}`).slice(0, 32),
      )
      const source = sharing === 'private' ? nobodys(wanted) : wanted
      used(source, undo)
      if (sharing === 'locked') await lock(source, undo)
      const isNew = (await mkdir(source, {recursive: true})) !== undefined
      if (isNew) {
        if (beginning !== undefined) await beginning.fill(source)
        await chown(source, Number(options.get('uid') ?? 0), Number(options.get('gid') ?? 0))
        await chmod(source, Number.parseInt(options.get('mode') ?? '755', 8))
      }
      return {mounts: [{type: 'bind', source, target, readOnly}]}
    },
  }
}

/** What a new one begins with: a directory of a stage, an image or a context. */
async function beginningOf({options, context, instruction, mount}: Given) {
  const from = options.get('from') ?? ''
  const source = await context.from(from, instruction)
  const path = options.get('source') ?? '/'
  const [item] = match(source, path)
  if (item?.kind !== 'directory') throw failureAt(mount.at, `"${path}" is no directory in ${from}`)
  const digest = await digestOf(source, item, context.hashes)
  return {
    digest,
    async fill(directory: string): Promise<void> {
      const step = await layerOf(context, {source, item, digest, name: ''})
      await runWell('cp', ['-a', '--', `${step.layers[0]!}/.`, directory])
    },
  }
}

/** The first that no build has. */
function nobodys(wanted: string): string {
  for (let number = 0; ; number++) {
    const name = number === 0 ? wanted : `${wanted}.${number}`
    if (!users.has(name)) return name
  }
}

function used(name: string, undo: Undo): void {
  users.set(name, (users.get(name) ?? 0) + 1)
  undo.push(() => {
    const left = users.get(name)! - 1
    if (left > 0) users.set(name, left)
    else users.delete(name)
  })
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

/** Removes those that no build has, and what was downloaded. */
export async function removeCaches(builds: string): Promise<void> {
  await rm(join(builds, 'downloads'), {recursive: true, force: true})
  const directory = directoryOf(builds)
  const names = await readdir(directory).catch(() => [])
  const free = names.map(each => join(directory, each)).filter(each => !users.has(each) && basename(each) !== '')
  if (free.length > 0) await runWell('rm', ['-rf', '--one-file-system', '--', ...free])
}
