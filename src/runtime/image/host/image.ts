import {statSync} from 'node:fs'
import {chmod, mkdir, symlink, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {readText} from '../../../base/file.ts'
import {hashOf, sha256} from '../../../base/hash.ts'
import {architecture, sizeOf} from '../measure.ts'
import {plainConfig} from '../recipes/recipe.ts'
import type {Recipe} from '../store.ts'
import {nodeOutside, placeNode} from './node.ts'
import {type Entry, planHost} from './plan.ts'

/** The host's own programs, read-only below an overlay, with a fresh /etc. Its identity is the host's as it is now. */
export async function hostImage(): Promise<Recipe> {
  const {entries, overlays} = planHost()
  const layer = hashOf(entries.map(each => (each.kind === 'file' ? {...each, text: sha256(each.text)} : each)))
  const node = nodeOutside(process.execPath)
  const nodeLayer =
    node === undefined ? [] : [{id: hashOf(identityOf(node)), fill: (to: string) => placeNode(node, to)}]
  const own = nodeLayer.map(each => each.id)
  const id = hashOf({layer, overlays, own, system: await systemIdentity(overlays)})
  return {
    id: `sha256:${id}`,
    layers: [{id: layer, fill: directory => make(directory, entries)}, ...nodeLayer],
    async describe(directory) {
      const created = Date.now()
      const step = {created, createdBy: 'host://', comment: '', emptyLayer: false}
      return {
        layers: [layer],
        overlays: overlays.map(target => ({target, own: target === '/usr' ? own : [], host: [target]})),
        config: plainConfig,
        created,
        build: {history: [step], onBuild: [], author: ''},
        size: await sizeOf(directory),
        architecture,
      }
    },
  }
}

const identityOf = (path: string) => {
  const {dev, ino, size, mtimeMs} = statSync(path)
  return {path, dev, ino, size, mtimeMs}
}

async function systemIdentity(overlays: readonly string[]) {
  const release = (await readText('/usr/lib/os-release')) ?? (await readText('/etc/os-release')) ?? ''
  return {release, roots: overlays.map(path => ({path, dev: statSync(path).dev, ino: statSync(path).ino}))}
}

async function make(root: string, entries: readonly Entry[]): Promise<void> {
  for (const entry of entries) {
    const path = join(root, entry.path)
    await mkdir(dirname(path), {recursive: true, mode: 0o755})
    if (entry.kind === 'link') await symlink(entry.to, path)
    if (entry.kind === 'file') await writeFile(path, entry.text, {mode: 0o644})
    if (entry.kind !== 'directory') continue
    await mkdir(path, {recursive: true})
    await chmod(path, entry.mode)
  }
}
