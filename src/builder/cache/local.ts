import {existsSync} from 'node:fs'
import {mkdir, rename} from 'node:fs/promises'
import {join} from 'node:path'
import {readJson, writeWhole} from '../../base/file.ts'
import type {Image} from '../../model/image.ts'
import type {Builds} from '../../runtime/image/builds.ts'
import {runWell} from '../../runtime/image/program.ts'

/** `steps/KEY.json` of a directory; the layers are `layers/ID.tar.gz`, with what overlayfs knows of them. */
type KeptStep = {readonly id: string; readonly layers: ReadonlyArray<{readonly target: string; readonly layer: string}>}

export type Used = {readonly key: string; readonly parent: Image; readonly step: Image}

const digits = /^[0-9a-f]{64}$/
const stepFile = (directory: string, key: string) => join(directory, 'steps', `${key}.json`)
const layerFile = (directory: string, layer: string) => join(directory, 'layers', `${layer}.tar.gz`)
const exactly = ['--numeric-owner', '--xattrs', '--xattrs-include=*']

type Wanted = {readonly directories: readonly string[]; readonly key: string; readonly parent: Image}

/** A step of the first directory that has it; one that is damaged there is not had. */
export async function adopted(builds: Builds, {directories, key, parent}: Wanted): Promise<Image | undefined> {
  for (const directory of directories) {
    const kept = await readJson<KeptStep>(stepFile(directory, key)).catch(() => undefined)
    if (kept === undefined || !isSound(kept, parent)) continue
    if (!kept.layers.every(({layer}) => existsSync(layerFile(directory, layer)))) continue
    const step = await taken(builds, directory, {kept, key, parent}).catch(() => undefined)
    if (step !== undefined) return step
  }
  return undefined
}

/** It says what it is and where its layers go, and nothing about this machine. */
function isSound({id, layers}: KeptStep, parent: Image): boolean {
  const targets = new Set(['/', ...parent.overlays.map(each => each.target)])
  if (typeof id !== 'string' || !digits.test(id.replace(/^sha256:/, '')) || !Array.isArray(layers)) return false
  return layers.every(each => digits.test(each.layer) && targets.has(each.target))
}

type Taking = {readonly kept: KeptStep; readonly key: string; readonly parent: Image}

async function taken(builds: Builds, from: string, {kept, key, parent}: Taking): Promise<Image> {
  const workplace = await builds.workplace()
  try {
    const changed = []
    // The lowest first, as they were stacked.
    for (const {target, layer} of [...kept.layers].reverse()) {
      const directory = join(workplace.directory, layer)
      await mkdir(directory)
      await runWell('tar', ['-C', directory, ...exactly, '--same-owner', '-xpzf', layerFile(from, layer)])
      changed.push({target, directory, layer})
    }
    return await builds.adopt(key, parent, {id: kept.id, changed})
  } finally {
    await workplace.remove()
  }
}

/** Keeps the steps of a build for another machine. */
export async function keptIn(directory: string, builds: Builds, used: readonly Used[]): Promise<void> {
  for (const each of ['steps', 'layers']) await mkdir(join(directory, each), {recursive: true})
  for (const {key, parent, step} of used) {
    const added = builds.added(parent, step)
    for (const {layer, directory: from} of added) {
      const file = layerFile(directory, layer)
      if (existsSync(file)) continue
      await runWell('tar', ['-C', from, ...exactly, '-czf', `${file}.part`, '.'])
      await rename(`${file}.part`, file)
    }
    const kept: KeptStep = {id: step.id, layers: added.map(({target, layer}) => ({target, layer}))}
    await writeWhole(stepFile(directory, key), JSON.stringify(kept))
  }
}
