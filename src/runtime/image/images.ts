import {createReadStream} from 'node:fs'
import {join} from 'node:path'
import {StackError, within} from '../../base/error.ts'
import {parsePlatform, platformText, rankOf, runs} from '../../base/platform.ts'
import type {Image} from '../../model/image.ts'
import type {ContentStore, Platform} from '../../model/oci.ts'
import {type CredentialSource, credentialsOfHeader, firstOf} from '../../registry/auth.ts'
import {credentialsOfFiles} from '../../registry/credentials.ts'
import {type DockerReference, defaultRegistry} from '../../registry/reference.ts'
import type {Paths} from '../paths.ts'
import type {ImageRemoval, Images, LoadedImage} from '../runtime.ts'
import {openApt} from './apt/apt.ts'
import {aptImage} from './apt/image.ts'
import {buildsOf} from './builds.ts'
import {cachesOf} from './caches.ts'
import {hostImage} from './host/image.ts'
import {standInFor} from './known.ts'
import {architecture} from './measure.ts'
import {readArchive} from './oci/archive.ts'
import type {NamedImage} from './oci/index.ts'
import {readLayout} from './oci/layout.ts'
import {type OciImage, ociRecipe} from './oci/recipe.ts'
import {saveImages} from './oci/save.ts'
import {packedLayers} from './packed.ts'
import {portableFrom, whileWanted} from './portable.ts'
import {parseReference, type Reference} from './reference.ts'
import {ImageStore, type Recipe} from './store.ts'

/** What asks a registry: blobs go into `content`; `digest` is that of what the reference meant. */
export type PullImage = (
  reference: string,
  options: {
    readonly platform: Platform
    readonly content: ContentStore
    readonly progress: (layer: string, done: number, total: number) => void
    readonly auth: CredentialSource
    readonly begun?: (image: OciImage, arrival: (layer: string) => Promise<void>) => void
  },
) => Promise<OciImage & {readonly digest: string}>

/** Loaded when first used: most projects of a day pull nothing. */
const fromRegistry: PullImage = async (reference, options) =>
  await (await import('./registry/pull.ts')).pullImage(reference, options)

export type ImageOptions = {
  readonly paths: Pick<Paths, 'images'>
  /** Where package files are kept; STACK_APT_CACHE or a directory of the store unless said. */
  readonly aptCache?: string
  readonly pullImage?: PullImage
}

type Asked = {
  readonly progress: Progress
  /** The Engine API's X-Registry-Auth; the files of `docker login` come after it. */
  readonly auth: string | undefined
  readonly platform: Platform
}

type Progress = (text: string) => void
type Made = {readonly recipe: Recipe; readonly names: readonly string[]}

/** The images of this machine: made of its own files and packages, of archives, or pulled from a registry. */
export function openImages({paths, aptCache, pullImage = fromRegistry}: ImageOptions): Images {
  const store = new ImageStore(paths.images)
  const {content} = store
  const packed = packedLayers(paths.images, store)
  const builds = buildsOf(paths.images, store, packed)
  const portable = portableFrom(store, packed)
  const apt = openApt(aptCache ?? process.env.STACK_APT_CACHE ?? join(paths.images, 'apt-cache'))
  const pulls = new Map<string, Promise<Image>>()
  const machine: Platform = {os: 'linux', architecture}

  async function made(reference: Reference, asked: Asked): Promise<Made> {
    const {platform} = asked
    if (reference.kind === 'host' || reference.kind === 'apt') checkOwn(reference.text, machine, platform)
    if (reference.kind === 'host') return {recipe: await hostImage(), names: [reference.text]}
    if (reference.kind === 'apt')
      return {recipe: await aptImage(apt, reference, asked.progress), names: [reference.text]}
    if (reference.kind === 'docker') return await pulled(reference, asked)
    const found =
      reference.kind === 'oci-layout'
        ? await readLayout(reference.path, content, platform)
        : await readArchive(createReadStream(reference.path), content, platform)
    return {recipe: await ociRecipe(content, onlyOne(found)), names: [reference.text]}
  }

  async function pulled(reference: DockerReference, {progress, auth, platform}: Asked): Promise<Made> {
    const options = {platform, content, progress: percentages(progress), auth: credentials(reference, auth)}
    let unpacking: Promise<void> = Promise.resolve()
    const begun = (image: OciImage, arrival: (layer: string) => Promise<void>) => {
      unpacking = ociRecipe(content, image, arrival).then(recipe => store.prepare(recipe))
      unpacking.catch(() => undefined)
    }
    const image = await pullImage(reference.text, {...options, begun}).catch(async error => {
      await unpacking.catch(() => undefined)
      throw withStandIn(error, reference)
    })
    progress(`${reference.text}: unpacking ${image.layers.length} layers`)
    await unpacking
    const digest = `${reference.repository}@${image.digest}`
    const names = reference.digest === undefined ? [reference.text, digest] : [digest]
    return {recipe: await ociRecipe(content, image), names}
  }

  async function pull(reference: Reference, asked: Asked): Promise<Image> {
    return await store.during(async () => {
      const {recipe, names} = await made(reference, asked)
      return await store.add(names, recipe)
    })
  }

  /** `cafe` is a name before it is the beginning of an id. */
  const find = (name: string): Image | undefined => store.find(canonical(name)) ?? store.find(name)

  function present(name: string): Image {
    const image = find(name)
    if (image !== undefined) return image
    throw new StackError('image-not-found', `no such image: ${name}`)
  }

  async function remove(image: Image, name: string): Promise<ImageRemoval> {
    return {id: image.id, ...(await store.remove(image, name))}
  }

  return {
    builds,
    caches: cachesOf({content, platform: machine, credentials}),
    load: () => store.load(),
    list: () => store.list(),
    find,
    async pull(name, progress, {auth, platform: wanted} = {}) {
      const reference = parseReference(name)
      const platform = platformOf(wanted, machine)
      const key = `${reference.text} ${platformText(platform)}`
      const running = pulls.get(key)
      if (running !== undefined) return await running
      const started = pull(reference, {progress, auth, platform}).finally(() => pulls.delete(key))
      pulls.set(key, started)
      return await started
    },
    async push(name, progress, {auth, signal} = {}) {
      const reference = parseReference(name)
      if (reference.kind !== 'docker') {
        throw new StackError('unsupported', `"${name}" is not a name of a registry`, {
          hint: `stack image tag ${name} REGISTRY/NAME:TAG`,
        })
      }
      const packing = whileWanted(
        signal,
        percentages(line => progress(`packing ${line}`)),
      )
      const {id, oci} = await portable(present(name), packing)
      const {pushImage} = await import('./registry/push.ts')
      const {digest} = await pushImage(reference.text, {
        manifest: oci.manifest,
        content,
        progress: percentages(progress),
        auth: credentials(reference, auth),
        signal,
      })
      await store.name(`${reference.repository}@${digest}`, id)
      return {digest, size: oci.manifest.size}
    },
    remove: async name => await remove(present(name), canonical(name)),
    async tag(source, target) {
      const reference = parseReference(target)
      if (reference.kind !== 'docker' || reference.digest !== undefined) {
        throw new StackError('bad-request', `"${target}" cannot name an image`, {hint: 'write NAME:TAG'})
      }
      await store.name(reference.text, present(source).id)
    },
    async import(archive) {
      return await within('load images', () =>
        store.during(async () => {
          const loaded: LoadedImage[] = []
          for (const each of await readArchive(archive, content, machine)) {
            const names = each.names.map(registryName)
            loaded.push({image: await store.add(names, await ociRecipe(content, each)), names})
          }
          return loaded
        }),
      )
    },
    export(names) {
      const saved = new Map<string, {image: Image; names: string[]}>()
      for (const name of names) {
        const image = present(name)
        const entry = saved.get(image.id) ?? {image, names: []}
        saved.set(image.id, entry)
        // An archive has names of registries alone: what has none there is saved by its id.
        const written = canonical(name)
        if (image.references.includes(written) && !written.includes('://')) entry.names.push(written)
      }
      return saveImages([...saved.values()], {content, portable})
    },
    usage: used => store.usage(used),
    async prune({all, used}) {
      const removed: ImageRemoval[] = []
      for (const image of store.list()) {
        if (!used.has(image.id) && (all || image.references.length === 0)) removed.push(await remove(image, image.id))
      }
      return removed
    },
  }
}

/** Errors: bad-request for what is no platform, unsupported for what this machine does not run. */
function platformOf(text: string | undefined, machine: Platform): Platform {
  if (text === undefined) return machine
  const wanted = parsePlatform(text, machine)
  if (wanted === undefined) throw new StackError('bad-request', `"${text}" is no platform`, {hint: 'write linux/amd64'})
  if (runs(machine, wanted)) return wanted
  throw new StackError('unsupported', `this machine is ${platformText(machine)}, and does not run ${text}`)
}

/** The machine's programs are for the machine. */
function checkOwn(name: string, machine: Platform, wanted: Platform): void {
  if (rankOf(machine, wanted) !== undefined) return
  const what = `image "${name}" is made of this machine's programs, for ${platformText(machine)}`
  throw new StackError('image-not-found', `${what}, not for ${platformText(wanted)}`)
}

function onlyOne(images: readonly NamedImage[]): NamedImage {
  const [only, second] = images
  if (only !== undefined && second === undefined) return only
  throw new StackError('image-failed', `it has ${images.length} images for this machine`, {
    hint: 'load it, and use them by their names',
  })
}

/** A line for each tenth of a layer, so that a large one shows that it is moving. */
function percentages(progress: Progress) {
  const told = new Map<string, number>()
  return (layer: string, done: number, total: number): void => {
    const tenth = total === 0 ? 10 : Math.floor((10 * done) / total)
    if ((told.get(layer) ?? -1) >= tenth) return
    told.set(layer, tenth)
    progress(`${layer.replace('sha256:', '').slice(0, 12)}: ${10 * tenth} % of ${(total / 1e6).toFixed(1)} MB`)
  }
}

/** A reference as it is kept; anything else, such as an id, as it is. */
function canonical(name: string): string {
  try {
    const reference = parseReference(name)
    if (reference.kind !== 'docker' || reference.digest === undefined) return reference.text
    // What a digest names is the same whatever tag stands beside it.
    return `${reference.repository}@${reference.digest}`
  } catch {
    return name
  }
}

/** An archive must not say what `host://` is. */
function registryName(name: string): string {
  const reference = parseReference(name)
  if (reference.kind === 'docker') return canonical(name)
  throw new StackError('image-failed', `the archive names an image "${name}"`, {hint: 'only NAME:TAG can be loaded'})
}

const credentials = ({registry}: DockerReference, header: string | undefined): CredentialSource =>
  firstOf(credentialsOfHeader(header, registry), credentialsOfFiles())

/** Where a registry cannot be reached, some names have an image that needs none: said, never taken silently. */
function withStandIn(error: unknown, {registry, name}: DockerReference): unknown {
  const standIn = registry === defaultRegistry ? standInFor(name) : undefined
  if (!(error instanceof StackError) || standIn === undefined) return error
  const hint = `${error.hint === undefined ? '' : `${error.hint}; or `}write image: ${standIn}, which needs no registry`
  return new StackError(error.code, error.message, {hint, cause: error.cause})
}
