import {join} from 'node:path'
import {StackError, within} from '../../base/error.ts'
import type {Image} from '../../model/image.ts'
import type {Paths} from '../paths.ts'
import type {Images} from '../runtime.ts'
import {openApt} from './apt/apt.ts'
import {aptImage} from './apt/image.ts'
import {hostImage} from './host/image.ts'
import {standInFor} from './known.ts'
import {parseReference, type Reference} from './reference.ts'
import {ImageStore, type Recipe} from './store.ts'

export type ImageOptions = {
  readonly paths: Pick<Paths, 'images'>
  /** Where package files are kept; STACK_APT_CACHE or a directory of the store unless said. */
  readonly aptCache?: string
}

/** The images of this machine: made of its own files and packages, no registry. */
export function openImages({paths, aptCache}: ImageOptions): Images {
  const store = new ImageStore(paths.images)
  const apt = openApt(aptCache ?? process.env.STACK_APT_CACHE ?? join(paths.images, 'apt-cache'))
  const pulls = new Map<string, Promise<Image>>()

  const recipe = async (reference: Reference, progress: (text: string) => void): Promise<Recipe> => {
    if (reference.kind === 'host') return await hostImage()
    if (reference.kind === 'apt') return await aptImage(apt, reference, progress)
    throw notYet(reference)
  }

  async function pull(reference: Reference, progress: (text: string) => void): Promise<Image> {
    return await within(
      `image "${reference.text}"`,
      async () => await store.add(reference.text, await recipe(reference, progress)),
    )
  }

  return {
    load: () => store.load(),
    list: () => store.list(),
    find: name => store.find(canonical(name)),
    async pull(name, progress) {
      const reference = parseReference(name)
      const running = pulls.get(reference.text)
      if (running !== undefined) return await running
      const started = pull(reference, progress).finally(() => pulls.delete(reference.text))
      pulls.set(reference.text, started)
      return await started
    },
    async remove(name) {
      const image = store.find(canonical(name))
      if (image === undefined) throw new StackError('image-not-found', `no such image: ${name}`)
      await store.remove(image, canonical(name))
    },
  }
}

/** A reference as it is kept; anything else, such as an id, as it is. */
function canonical(name: string): string {
  try {
    return parseReference(name).text
  } catch {
    return name
  }
}

function notYet(reference: Exclude<Reference, {kind: 'host' | 'apt'}>): StackError {
  if (reference.kind !== 'docker') {
    return new StackError('unsupported', `${reference.kind}:// images cannot be read yet`, {
      hint: 'there are host:// and apt://PACKAGE',
    })
  }
  const standIn = standInFor(reference.name)
  const instead = standIn === undefined ? 'host:// for programs of this host, or apt://PACKAGE for a package' : standIn
  return new StackError('image-not-found', 'registries are not there yet', {hint: `write image: ${instead}`})
}
