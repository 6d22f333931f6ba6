import {mkdir, readdir, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {readJson, removeHalves, writeWhole} from '../../base/file.ts'
import type {NetworkRecord} from '../../model/network.ts'
import type {Paths} from '../paths.ts'

/** The networks on disk, one file each: `networks/<id>.json`. */
export class Records {
  readonly #paths: Paths
  readonly #byId = new Map<string, NetworkRecord>()

  constructor(paths: Paths) {
    this.#paths = paths
  }

  async load(): Promise<void> {
    await removeHalves(this.#paths.networks)
    const files = await readdir(this.#paths.networks).catch(() => [])
    for (const file of files.filter(each => each.endsWith('.json'))) {
      const record = await readJson<NetworkRecord>(join(this.#paths.networks, file))
      if (record !== undefined) this.hold(record)
    }
  }

  list(): readonly NetworkRecord[] {
    return [...this.#byId.values()]
  }

  find(nameOrId: string): NetworkRecord | undefined {
    return this.#byId.get(nameOrId) ?? this.list().find(each => each.name === nameOrId)
  }

  /** In memory only: name, subnet and bridge are taken from now on. */
  hold(record: NetworkRecord): void {
    this.#byId.set(record.id, record)
  }

  drop({id}: NetworkRecord): void {
    this.#byId.delete(id)
  }

  async save(record: NetworkRecord): Promise<void> {
    await mkdir(this.#paths.networks, {recursive: true, mode: 0o700})
    await writeWhole(this.#paths.network(record.id), JSON.stringify(record))
  }

  async remove(record: NetworkRecord): Promise<void> {
    await rm(this.#paths.network(record.id), {force: true})
    this.drop(record)
  }
}
