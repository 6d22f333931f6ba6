import {randomBytes} from 'node:crypto'
import {existsSync} from 'node:fs'
import {chmod, mkdir, readdir, rename} from 'node:fs/promises'
import {join} from 'node:path'
import {StackError} from '../../base/error.ts'
import {sha256} from '../../base/hash.ts'
import {type Lock, takeLock} from '../../base/lock.ts'
import {fillLayers, type NewLayer} from './fill.ts'
import {run, runWell} from './program.ts'

/** A layer is worth waiting for this long when another process is at it: its bytes may still be coming. */
const patience = 60 * 60_000

export type LayerStore = ReturnType<typeof layerStore>

/**
 * Unpacked layers below `images/layers`. One is built in `images/incoming` and renamed when all of it is on disk, so
 * what is in `layers` is whole. Whoever builds or removes holds the layer's lock, which the kernel frees with him.
 */
export function layerStore(images: string) {
  const layers = join(images, 'layers')
  const incoming = join(images, 'incoming')
  const path = (id: string) => join(layers, id)
  const lockName = (id: string) => `stack-layer-${sha256(`${images} ${id}`).slice(0, 32)}`

  async function hold(id: string): Promise<Lock> {
    const lock = await takeLock(lockName(id), patience)
    if (lock !== undefined) return lock
    throw new StackError('timeout', `layer ${id.slice(0, 12)} is being built by another process`)
  }

  async function locked<T>(id: string, action: () => Promise<T>): Promise<T> {
    const lock = await hold(id)
    try {
      return await action()
    } finally {
      lock.release()
    }
  }

  /** Runs `action` unless somebody is at work on that layer. */
  async function ifIdle(id: string, action: () => Promise<unknown>): Promise<void> {
    const lock = await takeLock(lockName(id), 0)
    if (lock === undefined) return
    await action().finally(() => lock.release())
  }

  /** Makes those of an image's layers that are not there, some at a time, and flushes them to disk together. */
  async function build(all: readonly NewLayer[]): Promise<void> {
    if (all.every(each => existsSync(path(each.id)))) return
    const made: Array<{readonly id: string; readonly directory: string; readonly lock: Lock}> = []
    try {
      await hideLayers()
      await mkdir(incoming, {recursive: true, mode: 0o700})
      // Lowest first, whoever takes them: two images that share some never wait for each other in a circle.
      for (const {id} of all) {
        const lock = existsSync(path(id)) ? undefined : await hold(id)
        const directory = join(incoming, `${id}.${randomBytes(4).toString('hex')}`)
        if (lock !== undefined && existsSync(path(id))) lock.release()
        else if (lock !== undefined) {
          made.push({id, directory, lock})
          await mkdir(directory, {mode: 0o755})
        }
      }
      const directoryOf = (id: string) => made.find(each => each.id === id)?.directory
      await fillLayers(
        all.map(each => ({
          ...each,
          directory: directoryOf(each.id) ?? path(each.id),
          isMade: directoryOf(each.id) === undefined,
        })),
      )
      if (made.length > 0) await flush(incoming)
      for (const {id, directory} of made) await rename(directory, path(id))
    } catch (error) {
      for (const {directory} of made) await removeAll(directory)
      throw error
    } finally {
      for (const {lock} of made) lock.release()
    }
  }

  /** Makes a directory of the same file system a layer: moved into place when all of it is on disk. */
  async function take(id: string, from: string): Promise<void> {
    await hideLayers()
    await flush(from)
    await rename(from, path(id))
  }

  /** Images have setuid programs and device nodes, which are for their containers and not for the host's users. */
  async function hideLayers(): Promise<void> {
    await mkdir(layers, {recursive: true, mode: 0o700})
    await chmod(layers, 0o700)
  }

  /**
   * Removes what killed builds left, and layers that no image has: asked again with the layer's lock held. Gives the
   * sum of what `measure` says of these.
   */
  async function sweep(
    used: () => Promise<ReadonlySet<string>>,
    measure: (directory: string) => Promise<number> = async () => 0,
  ): Promise<number> {
    for (const name of await namesIn(incoming)) {
      await ifIdle(name.split('.')[0]!, () => clear(join(incoming, name)))
    }
    let freed = 0
    const atFirst = await used()
    for (const id of (await namesIn(layers)).filter(each => !atFirst.has(each))) {
      await ifIdle(id, async () => {
        if ((await used()).has(id)) return
        freed += await measure(path(id))
        await discard(id)
      })
    }
    return freed
  }

  /** First out of sight, then gone: one that is half removed is never taken for whole. */
  async function discard(id: string): Promise<void> {
    await mkdir(incoming, {recursive: true, mode: 0o700})
    const aside = join(incoming, `${id}.${randomBytes(4).toString('hex')}`)
    await rename(path(id), aside).catch(ignoreMissing)
    await removeAll(aside)
  }

  return {path, locked, build, take, sweep, discard}
}

/** A tar whose starter was killed may go on for a moment; what it puts back is removed at the next load. */
const clear = (directory: string): Promise<unknown> => removeAll(directory).catch(() => undefined)

/** By the program: a layer may be deeper than a path can say. */
const removeAll = (directory: string) => runWell('rm', ['-rf', '--one-file-system', '--', directory])

/** Everything of that file system to disk: a rename must not be there before what it names. */
const flush = (directory: string) => run('sync', ['--file-system', directory])

async function namesIn(directory: string): Promise<string[]> {
  return await readdir(directory).catch(error => {
    ignoreMissing(error)
    return []
  })
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
