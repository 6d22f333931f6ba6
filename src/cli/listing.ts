import {table} from '../ui/table.ts'

/** Columns, the same as objects, and what `-q` shows of each row. */
export type Listing = {
  readonly headings: readonly string[]
  readonly rows: ReadonlyArray<readonly string[]>
  readonly objects: readonly object[]
  readonly ids: readonly string[]
}

export const listingOptions = {
  format: {type: 'choice', choices: ['table', 'json'], description: 'table, or one JSON object a line'},
  quiet: {type: 'boolean', short: 'q', description: 'only the ids'},
} as const

export type ListingForm = {readonly format: 'table' | 'json' | undefined; readonly quiet: boolean}

export async function renderListing(listing: Listing, {format, quiet}: ListingForm): Promise<string> {
  const lines = (texts: Iterable<string>) => [...texts].map(text => `${text}\n`).join('')
  if (quiet) return lines(new Set(listing.ids))
  if (format === 'json') return lines(listing.objects.map(each => JSON.stringify(each)))
  return await table(listing.headings, listing.rows)
}
