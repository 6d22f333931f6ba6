import {createReadStream} from 'node:fs'
import {StackError} from '../../../base/error.ts'
import {sha256} from '../../../base/hash.ts'
import type {ContentStore, Descriptor} from '../../../model/oci.ts'
import {architecture, sizesOf} from '../measure.ts'
import type {Recipe} from '../store.ts'
import {chainIds, unpackLayer} from '../unpack/layer.ts'
import {type OciConfig, readConfig} from './config.ts'

/** The blobs of one image, all in the store. */
export type OciImage = {
  readonly manifest: Descriptor
  readonly config: Descriptor
  /** Lowest first. */
  readonly layers: readonly Descriptor[]
}

/** The kernel's limit of an overlay is 500; a container's own directory and a few of ours are among them. */
const mostLayers = 490

/** An image without layers still needs a directory to be stacked on. */
export const noLayer = sha256('no layer')

/**
 * Unpacks what a registry or an archive gave: layers by chain ID, so that images with the same ones share them. A layer
 * that is still coming is waited for by `arrival`, with its digest.
 */
export async function ociRecipe(
  content: ContentStore,
  {manifest, config, layers}: OciImage,
  arrival: (layer: string) => Promise<void> = async () => undefined,
): Promise<Recipe> {
  const read = readConfig(await content.read(config.digest))
  check(read, layers)
  const ids = chainIds(read.diffIds)
  const fills = ids.map((id, index): Recipe['layers'][number] => ({
    id,
    fill: (directory, below) =>
      unpackLayer(directory, {
        name: layers[index]!.digest,
        diffId: read.diffIds[index]!,
        open: () => blobOf(content, layers[index]!.digest, arrival),
        below,
      }),
  }))
  const all = fills.length > 0 ? fills : [{id: noLayer, fill: async () => undefined}]
  return {
    id: config.digest,
    layers: all,
    async describe(_first, directories) {
      const layerSizes = await sizesOf(directories)
      return {
        layers: all.map(each => each.id).reverse(),
        overlays: [],
        config: read.config,
        created: read.created,
        size: layerSizes.reduce((sum, each) => sum + each, 0),
        architecture: read.architecture || architecture,
        oci: {manifest, config, layers, diffIds: read.diffIds, history: read.history, layerSizes, author: read.author},
      }
    },
  }
}

async function* blobOf(content: ContentStore, digest: string, arrival: (layer: string) => Promise<void>) {
  await arrival(digest)
  yield* createReadStream(content.path(digest), {highWaterMark: 1 << 18})
}

function check({os, diffIds, architecture: wanted}: OciConfig, layers: readonly Descriptor[]): void {
  if (os !== '' && os !== 'linux') throw new StackError('unsupported', `it is made for ${os}, and this is Linux`)
  if (!canRun(wanted)) {
    throw new StackError('unsupported', `it is made for ${wanted}, and this machine is ${architecture}`, {
      hint: 'take an image for this machine',
    })
  }
  if (diffIds.length !== layers.length) {
    throw new StackError(
      'image-failed',
      `its configuration names ${diffIds.length} layers, its manifest ${layers.length}`,
    )
  }
  if (layers.length > mostLayers) {
    throw new StackError('unsupported', `it has ${layers.length} layers, and the kernel stacks ${mostLayers}`, {
      hint: 'make it with fewer steps, or squash them',
    })
  }
}

const canRun = (wanted: string): boolean =>
  wanted === '' ||
  wanted === architecture ||
  (architecture === 'amd64' && wanted === '386') ||
  (architecture === 'arm64' && wanted === 'arm')
