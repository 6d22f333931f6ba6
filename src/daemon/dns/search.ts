import {codes, type Query, readAnswer, writeAnswer, writeQuery} from './message.ts'

export type Search = {
  readonly domains: readonly string[]
  /** undefined where nobody answers. */
  readonly ask: (query: Buffer) => Promise<Buffer | undefined>
}

/**
 * Looks a single word up in the search domains, one after the other. resolv.conf has `ndots:0`, so that a neighbour's
 * name is asked for as it is; with that musl never searches by itself, and glibc only after the word alone.
 */
export async function searched(query: Query, {domains, ask}: Search, room: number): Promise<Buffer | undefined> {
  const {name, type} = query.question
  if (name.includes('.') || (type !== 'A' && type !== 'AAAA')) return undefined
  for (const domain of domains) {
    const whole = `${name}.${domain}`
    const answer = await ask(writeQuery({...query, question: {name: whole, type}}))
    if (answer === undefined) return undefined
    const {code, resources} = readAnswer(answer)
    if (code !== codes.noError) continue
    if (resources.length === 0) continue
    return writeAnswer(query, codes.noError, [{type: 'CNAME', name, target: whole}, ...resources], room)
  }
  return undefined
}
