import type {HistoryStep} from '../../../engine/images.ts'
import {sizeText} from '../../../ui/size.ts'
import {ago} from '../../../ui/time.ts'
import {command} from '../../command.ts'
import {shortId} from '../../image-names.ts'
import {libraryOf} from '../../library.ts'
import {type Listing, listingOptions, renderListing} from '../../listing.ts'

export const imageHistory = command({
  summary: 'Show how an image was made',
  usage: 'image history [OPTIONS] IMAGE',
  options: {
    ...listingOptions,
    'no-trunc': {type: 'boolean', description: 'cut nothing off'},
  },
  operands: {minimum: 1, maximum: 1},
  async run({values, operands: [image = ''], context}) {
    const steps = await libraryOf(await context.engine()).history(image)
    context.print(await renderListing(listingOf(steps, {whole: values['no-trunc'], now: Date.now()}), values))
    return 0
  },
})

const longest = 45

function listingOf(steps: readonly HistoryStep[], {whole, now}: {whole: boolean; now: number}): Listing {
  const objects = steps.map(({id, created, createdBy, size, comment}) => ({
    ID: whole ? id : id === '<missing>' ? id : shortId(id),
    CreatedAt: new Date(created).toISOString(),
    CreatedSince: ago(created, now),
    CreatedBy: whole || createdBy.length <= longest ? createdBy : `${createdBy.slice(0, longest - 1)}…`,
    Size: sizeText(size),
    Comment: comment,
  }))
  return {
    headings: ['IMAGE', 'CREATED', 'CREATED BY', 'SIZE', 'COMMENT'],
    rows: objects.map(each => [each.ID, each.CreatedSince, each.CreatedBy, each.Size, each.Comment]),
    objects,
    ids: objects.map(({ID}) => ID),
  }
}
