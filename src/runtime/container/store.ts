import {randomBytes} from 'node:crypto'
import {chmodSync, chownSync, existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {mkdir, readdir} from 'node:fs/promises'
import {join} from 'node:path'
import {readJson, readSmall, readText, writeWhole} from '../../base/file.ts'
import type {ContainerRecord, ExitRecord, MountRecord} from '../../model/container.ts'
import type {Image} from '../../model/image.ts'
import {native} from '../../native/binding.ts'
import type {Paths} from '../paths.ts'
import type {StartFailure} from './entry.ts'
import {overlaysOf} from './layers.ts'

/** Containers' directories and files: written whole, read back after a restart. */
export class ContainerStore {
  readonly #paths: Paths
  readonly #trash: string
  readonly #deleting = new Set<Promise<void>>()

  constructor(paths: Paths) {
    this.#paths = paths
    this.#trash = join(paths.containers, '.trash')
  }

  /** Ids of all there are; what a crash left half made or half deleted is deleted. */
  async load(): Promise<ContainerRecord[]> {
    await mkdir(this.#trash, {recursive: true, mode: 0o700})
    await mkdir(this.#paths.runContainers, {recursive: true, mode: 0o700})
    const records: ContainerRecord[] = []
    for (const id of await readdir(this.#paths.containers)) {
      if (id.startsWith('.')) continue
      const record = await readJson<ContainerRecord>(this.#paths.container(id).config)
      if (record === undefined) await this.#discard(id)
      else records.push(record)
    }
    for (const name of await readdir(this.#trash)) this.#delete(join(this.#trash, name))
    return records
  }

  /**
   * config.json comes last: with it the container exists. What comes before it, like `begin`, is a handful of calls of
   * microseconds, where each trip through the thread pool costs a tenth of a millisecond.
   */
  async create(record: ContainerRecord, image: Image, files: readonly Uint8Array[]): Promise<void> {
    const paths = this.#paths.container(record.id)
    try {
      mkdirSync(paths.directory, {recursive: true, mode: 0o700})
      for (const {upper, work, layers} of overlaysOf(paths, image)) makeUpper(upper, work, layers)
      if (files.length > 0) mkdirSync(paths.files, {mode: 0o700})
      for (const mount of record.mounts) if (mount.type === 'file') writeGranted(paths.files, mount, files)
      await this.write(record)
    } catch (error) {
      await native().removeTree({path: paths.directory})
      throw error
    }
  }

  write(record: ContainerRecord): Promise<void> {
    return writeWhole(this.#paths.container(record.id).config, JSON.stringify(record))
  }

  /** What the last run left, and whether somebody has been told of its end. */
  async readEnd(id: string): Promise<{exit?: ExitRecord; failure?: StartFailure; wasTold: boolean; hasRun: boolean}> {
    const paths = this.#paths.container(id)
    const exit = parsed<ExitRecord>(paths.exit)
    const failure = parsed<StartFailure>(paths.error)
    return {
      ...(exit === undefined ? {} : {exit}),
      ...(failure === undefined ? {} : {failure}),
      wasTold: existsSync(told(paths.directory)),
      hasRun: existsSync(begun(paths.directory)),
    }
  }

  /** Before a start: nothing of the last run is left that could be taken for this one's. */
  async begin(id: string): Promise<void> {
    const paths = this.#paths.container(id)
    mkdirSync(paths.runDirectory, {recursive: true, mode: 0o700})
    // Looked at first: to remove what is not there costs an error with its stack.
    for (const file of [paths.exit, paths.error, told(paths.directory)]) if (existsSync(file)) rmSync(file)
    writeFileSync(begun(paths.directory), '')
  }

  async recordFailure(id: string, failure: StartFailure): Promise<void> {
    const paths = this.#paths.container(id)
    rmSync(begun(paths.directory), {force: true})
    await this.clearRun(id)
    await writeWhole(paths.error, JSON.stringify(failure))
  }

  /** In the place of a monitor that was killed before it could. */
  async recordLoss(id: string, exit: ExitRecord, failure: StartFailure): Promise<void> {
    const paths = this.#paths.container(id)
    await writeWhole(paths.error, JSON.stringify(failure))
    await writeWhole(paths.exit, JSON.stringify(exit))
  }

  /** When the program started, by the monitor's pid file; 0 where that is gone. */
  async startedAt(id: string): Promise<number> {
    const text = await readText(this.#paths.container(id).pid)
    return Number(text?.trim().split(' ')[1] ?? 0)
  }

  /** After an end: the run directory goes; what is kept says how it ended. */
  async clearRun(id: string): Promise<void> {
    const {runDirectory} = this.#paths.container(id)
    if (existsSync(runDirectory)) await native().removeTree({path: runDirectory})
  }

  markTold(id: string): void {
    const {directory} = this.#paths.container(id)
    if (existsSync(directory)) writeFileSync(told(directory), '')
  }

  /** Out of sight at once; the files are deleted afterwards. */
  async remove(id: string): Promise<void> {
    await this.clearRun(id)
    await this.#discard(id)
  }

  /** Resolves when everything removed so far is deleted. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#deleting)
  }

  async #discard(id: string): Promise<void> {
    const gone = join(this.#trash, `${id}.${randomBytes(4).toString('hex')}`)
    const {directory} = this.#paths.container(id)
    if (!existsSync(directory)) return
    renameSync(directory, gone)
    this.#delete(gone)
  }

  #delete(path: string): void {
    // A failure leaves it in the trash, which the next load empties.
    const deleting = native()
      .removeTree({path})
      .catch(() => undefined)
    this.#deleting.add(deleting)
    deleting.finally(() => this.#deleting.delete(deleting))
  }
}

/** Marker files: a start was tried, and listeners know of the end. */
const begun = (directory: string): string => join(directory, 'begun')
const told = (directory: string): string => join(directory, 'told')

/** The upper directory's owner and mode become the merged one's, so they are the image's. */
function makeUpper(upper: string, work: string, layers: readonly string[]): void {
  mkdirSync(upper, {recursive: true})
  mkdirSync(work, {recursive: true, mode: 0o700})
  const lower = layers[0] === undefined ? undefined : statSync(layers[0])
  chmodSync(upper, (lower?.mode ?? 0o755) & 0o7777)
  if (lower !== undefined) chownSync(upper, lower.uid, lower.gid)
}

type FileMount = Extract<MountRecord, {type: 'file'}>

function writeGranted(directory: string, mount: FileMount, files: readonly Uint8Array[]): void {
  const path = join(directory, String(mount.index))
  writeFileSync(path, files[mount.index] ?? new Uint8Array())
  chownSync(path, mount.uid, mount.gid)
  chmodSync(path, mount.mode)
}

function parsed<T>(path: string): T | undefined {
  const text = readSmall(path)
  return text === undefined ? undefined : (JSON.parse(text) as T)
}
