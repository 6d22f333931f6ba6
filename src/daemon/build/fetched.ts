import {mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {isRemote} from '../../model/address.ts'
import type {BuildBody} from './body.ts'

export const addressesOf = ({Contexts = {}}: BuildBody): string[] =>
  Object.values(Contexts).flatMap(each => each.Address ?? [])

/** The same with directories for its addresses, and for a context that is sent (''). */
export async function fetched(
  body: BuildBody,
  directory: string,
  fetch: (address: string, into: string) => Promise<string>,
): Promise<BuildBody> {
  const place = async (name: string, address: string) => {
    const into = join(directory, name)
    await mkdir(into)
    return await fetch(address, into)
  }
  const isHere = body.Context !== '' && !isRemote(body.Context)
  const context = isHere ? body.Context : await place('context', body.Context)
  const contexts = await Promise.all(
    Object.entries(body.Contexts ?? {}).map(async ([name, each], index) => {
      const {Address} = each
      return [name, Address === undefined ? each : {Path: await place(`named-${index}`, Address)}] as const
    }),
  )
  return {...body, Context: context, Contexts: Object.fromEntries(contexts)}
}
