import {StackError} from '../../../base/error.ts'
import type {Descriptor, Platform} from '../../../model/oci.ts'
import {descriptor, isObject, list, object, parseJson} from './json.ts'
import type {OciImage} from './recipe.ts'

/** Gives a blob's bytes, which it makes present first where it can. */
export type ReadBlob = (wanted: Descriptor) => Promise<Uint8Array>

export type NamedImage = OciImage & {readonly names: readonly string[]}

const deepest = 4

/** The images of an image layout's index.json that this machine can run (OCI image specification, image-layout.md). */
export async function imagesOfIndex(bytes: Uint8Array, read: ReadBlob, platform: Platform): Promise<NamedImage[]> {
  return await imagesIn(parseJson(bytes, 'index.json'), {read, platform, depth: 0, isTop: true})
}

type Place = {readonly read: ReadBlob; readonly platform: Platform; readonly depth: number; readonly isTop: boolean}

async function imagesIn(value: unknown, place: Place): Promise<NamedImage[]> {
  const {read, platform, depth, isTop} = place
  if (depth > deepest) throw new StackError('image-failed', 'its indexes name each other')
  const all = list(object(value, 'the index').manifests, 'manifests').map(each => descriptor(each, 'manifests'))
  // At the top are images beside each other, below it one image for several platforms.
  const chosen = all.filter(each => fits(each, platform)).slice(0, isTop ? undefined : 1)
  const found = await Promise.all(
    chosen.map(async each => {
      const manifest = parseJson(await read(each), `manifest ${each.digest.slice(0, 19)}`)
      const own = isIndex(manifest)
        ? await imagesIn(manifest, {...place, depth: depth + 1, isTop: false})
        : [imageOf(each, manifest)]
      return own.map(image => ({...image, names: [...namesOf(each), ...image.names]}))
    }),
  )
  return found.flat()
}

const isIndex = (value: unknown): boolean => isObject(value) && Array.isArray(value.manifests)

/** Attestations say that they are for nothing. */
const fits = ({platform}: Descriptor, wanted: Platform): boolean =>
  platform === undefined || (platform.os === wanted.os && platform.architecture === wanted.architecture)

function imageOf(found: Descriptor, value: unknown): NamedImage {
  const manifest = object(value, 'the manifest')
  return {
    manifest: {mediaType: found.mediaType, digest: found.digest, size: found.size},
    config: descriptor(manifest.config, 'config'),
    layers: list(manifest.layers, 'layers').map(each => descriptor(each, 'layers')),
    names: [],
  }
}

/** containerd writes the whole name, others only a tag, which names nothing by itself. */
function namesOf({annotations = {}}: Descriptor): string[] {
  const whole = annotations['io.containerd.image.name']
  const reference = annotations['org.opencontainers.image.ref.name']
  if (whole !== undefined) return [whole]
  return reference !== undefined && /[:/]/.test(reference) ? [reference] : []
}
