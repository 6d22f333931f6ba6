import type {ListedImage} from '../../../engine/images.ts'
import {sizeText} from '../../../ui/size.ts'
import {ago} from '../../../ui/time.ts'
import {command} from '../../command.ts'
import {filtersOf} from '../../filters.ts'
import {shortId, splitReference} from '../../image-names.ts'
import {libraryOf} from '../../library.ts'
import {type Listing, listingOptions, renderListing} from '../../listing.ts'

const known = ['reference', 'label', 'dangling']

export const imageLs = command({
  summary: 'List images',
  usage: 'image ls [OPTIONS] [NAME]',
  options: {
    digests: {type: 'boolean', description: 'also what registries call them for good'},
    filter: {
      type: 'string',
      short: 'f',
      value: 'KEY=VALUE',
      multiple: true,
      description: 'only those with reference=PATTERN, label=KEY[=VALUE], dangling=true|false',
    },
    ...listingOptions,
    'no-trunc': {type: 'boolean', description: 'cut nothing off'},
  },
  operands: {maximum: 1},
  async run({values, operands, context}) {
    const asked = filtersOf([...values.filter, ...operands.map(each => `reference=${each}`)], known)
    const images = await libraryOf(await context.engine()).list(asked)
    const form = {digests: values.digests, whole: values['no-trunc'], now: Date.now()}
    context.print(await renderListing(listingOf(images, form), values))
    return 0
  },
})

type Form = {readonly digests: boolean; readonly whole: boolean; readonly now: number}

/** A row for each name. */
export function listingOf(images: readonly ListedImage[], {digests, whole, now}: Form): Listing {
  const objects = images.flatMap(image => {
    const names = image.tags.length > 0 ? image.tags : [undefined]
    return names.map(name => objectOf(image, name, {whole, now}))
  })
  return {
    headings: ['REPOSITORY', 'TAG', ...(digests ? ['DIGEST'] : []), 'IMAGE ID', 'CREATED', 'SIZE'],
    rows: objects.map(each => [
      each.Repository,
      each.Tag,
      ...(digests ? [each.Digest] : []),
      each.ID,
      each.CreatedSince,
      each.Size,
    ]),
    objects,
    ids: objects.map(({ID}) => ID),
  }
}

function objectOf(
  {id, digests, created, size}: ListedImage,
  name: string | undefined,
  {whole, now}: Omit<Form, 'digests'>,
) {
  const split = name === undefined ? undefined : splitReference(name)
  const [repository, digest] =
    digests.find(each => name === undefined || each.startsWith(`${split?.Repository}@`))?.split('@') ?? []
  return {
    ID: whole ? id : shortId(id),
    Repository: split?.Repository ?? repository ?? '<none>',
    Tag: split?.Tag ?? '<none>',
    Digest: digest ?? '<none>',
    CreatedAt: new Date(created).toISOString(),
    CreatedSince: ago(created, now),
    Size: sizeText(size),
  }
}
