import {randomBytes} from 'node:crypto'
import {mkdir, readdir, rename, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {errnoOf, StackError} from '../../base/error.ts'
import {readJson, writeWhole} from '../../base/file.ts'
import {Serial} from '../container/serial.ts'
import type {Paths} from '../paths.ts'
import type {VolumeRecord, Volumes} from '../runtime.ts'
import {mountVolume, unmountVolume} from './mounted.ts'
import {checkOptions, isMounted} from './options.ts'

type StoredVolume = Omit<VolumeRecord, 'mountpoint'>

const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/
const trash = '.trash'

/** Named volumes: `volumes/<name>/` with volume.json and the data. The daemon is their one writer. */
export class LocalVolumes implements Volumes {
  readonly #paths: Paths
  readonly #warn: (error: unknown) => void
  readonly #records = new Map<string, VolumeRecord>()
  readonly #users = new Map<string, Set<string>>()
  readonly #serial = new Serial()

  constructor(paths: Paths, warn: (error: unknown) => void) {
    this.#paths = paths
    this.#warn = warn
  }

  async load(): Promise<void> {
    await mkdir(this.#paths.volumes, {recursive: true, mode: 0o711})
    for (const name of await readdir(this.#paths.volumes)) {
      if (name.startsWith('.')) continue
      const stored = await readJson<StoredVolume>(this.#paths.volume(name).record)
      // Without a record it was never finished, and nobody was told of it.
      if (stored === undefined) await this.#discard(name)
      else this.#records.set(name, this.#recordOf(stored))
    }
    this.#empty(join(this.#paths.volumes, trash))
  }

  list(): readonly VolumeRecord[] {
    return [...this.#records.values()]
  }

  find(name: string): VolumeRecord | undefined {
    return this.#records.get(name)
  }

  async create(options: Parameters<Volumes['create']>[0]): Promise<VolumeRecord> {
    const {name, driver} = options
    checkDriver(driver)
    if (!namePattern.test(name)) {
      throw new StackError('bad-request', `"${name}" is not a name for a volume`, {
        hint: 'letters, digits, "_", "." and "-", beginning with a letter or digit',
      })
    }
    checkOptions(name, options.options)
    const known = this.#records.get(name)
    if (known !== undefined) return known
    const {data, record, directory} = this.#paths.volume(name)
    await mkdir(data, {recursive: true, mode: 0o755})
    const stored: StoredVolume = {...options, driver: driver || 'local', created: Date.now()}
    try {
      await writeWhole(record, JSON.stringify(stored))
    } catch (error) {
      await rm(directory, {recursive: true, force: true})
      throw error
    }
    const volume = this.#recordOf(stored)
    this.#records.set(name, volume)
    return volume
  }

  #recordOf(stored: StoredVolume): VolumeRecord {
    const {data, mount} = this.#paths.volume(stored.name)
    return {...stored, mountpoint: isMounted(stored.options) ? mount : data}
  }

  hold(name: string, container: string): void {
    const users = this.#users.get(name) ?? new Set()
    this.#users.set(name, users.add(container))
  }

  async use(name: string, container: string): Promise<void> {
    const record = this.#records.get(name)
    if (record === undefined) throw new StackError('not-found', `no such volume: ${name}`)
    this.hold(name, container)
    if (!isMounted(record.options)) return
    try {
      await this.#serial.run(name, () => mountVolume(record))
    } catch (error) {
      this.#users.get(name)?.delete(container)
      throw error
    }
  }

  async leave(name: string, container: string): Promise<void> {
    const users = this.#users.get(name)
    users?.delete(container)
    const record = this.#records.get(name)
    if (record === undefined || !isMounted(record.options)) return
    await this.#serial.run(name, async () => {
      if ((this.#users.get(name)?.size ?? 0) === 0) await unmountVolume(record)
    })
  }

  async remove(name: string): Promise<void> {
    const record = this.#records.get(name)
    if (record === undefined) throw new StackError('not-found', `no such volume: ${name}`)
    if (isMounted(record.options)) await this.#serial.run(name, () => unmountVolume(record))
    await this.#discard(name)
    this.#records.delete(name)
    this.#users.delete(name)
  }

  /** Out of sight at once, deleted afterwards; what a crash leaves there is deleted at the next load. */
  async #discard(name: string): Promise<void> {
    const bin = join(this.#paths.volumes, trash)
    await mkdir(bin, {recursive: true, mode: 0o700})
    const gone = join(bin, `${name}.${randomBytes(4).toString('hex')}`)
    try {
      await rename(this.#paths.volume(name).directory, gone)
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error
    }
    this.#empty(gone)
  }

  #empty(path: string): void {
    rm(path, {recursive: true, force: true}).catch(this.#warn)
  }
}

function checkDriver(driver: string): void {
  if (driver !== '' && driver !== 'local') {
    throw new StackError('unsupported', `volume driver "${driver}" is not supported`, {hint: 'use "local"'})
  }
}
