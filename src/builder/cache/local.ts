import {createReadStream} from 'node:fs'
import {copyFile, mkdir, rename, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {readJson, writeWhole} from '../../base/file.ts'
import {type KeptStep, readStep} from '../../model/cache-map.ts'
import type {Packed} from '../../runtime/image/packed.ts'
import type {Cache} from './adopt.ts'

/** `steps/KEY.json` of a directory, each a KeptStep; the layers are `layers/DIFFID.tar.gz`. */
const stepFile = (directory: string, key: string) => join(directory, 'steps', `${key}.json`)
const layerFile = (directory: string, diffId: string) =>
  join(directory, 'layers', `${diffId.replace('sha256:', '')}.tar.gz`)

export function localCache(directory: string): Cache {
  return {
    name: directory,
    step: async key => readStep(await readJson<unknown>(stepFile(directory, key))),
    async layer(diffId) {
      const file = layerFile(directory, diffId)
      await stat(file)
      return {archive: createReadStream(file, {highWaterMark: 1 << 18})}
    },
    close: () => undefined,
  }
}

/** Adds steps to a directory; layers before the steps that name them. */
export async function keepIn(
  directory: string,
  steps: ReadonlyMap<string, KeptStep>,
  layers: readonly Packed[],
): Promise<void> {
  for (const each of ['steps', 'layers']) await mkdir(join(directory, each), {recursive: true})
  for (const {diffId, descriptor, file} of layers) {
    const to = layerFile(directory, diffId)
    if ((await stat(to).catch(() => undefined))?.size === descriptor.size) continue
    await copyFile(await file(), `${to}.part`)
    await rename(`${to}.part`, to)
  }
  for (const [key, step] of steps) await writeWhole(stepFile(directory, key), JSON.stringify(step))
}
