import {type Deferred, deferred} from '../../base/deferred.ts'
import {type Call, type Client, isSuccess} from './client.ts'
import {linesOf} from './streams.ts'

type Waiting = {readonly call: Call; readonly answer: Deferred<unknown>}
type Line = readonly [index: number, status: number, body?: {readonly message?: string}]

/** Sends a request that takes and gives JSON. Errors: as of Client. */
export type Send = <T>(call: Call) => Promise<T>

/**
 * Requests of one moment travel as one: HTTP costs both sides as much again as what most of them ask for. One that is
 * alone goes as it is. For our own engine only.
 */
export function batching(client: Client): Send {
  let waiting: Waiting[] = []
  const send = () => {
    const [first, ...others] = waiting
    if (others.length > 0) void together(client, waiting)
    else if (first !== undefined) client.call(first.call).then(first.answer.resolve, first.answer.reject)
    waiting = []
  }
  return <T>(call: Call) => {
    const answer = deferred<unknown>()
    if (waiting.push({call, answer}) === 1) setImmediate(send)
    return answer.promise as Promise<T>
  }
}

async function together(client: Client, batch: readonly Waiting[]): Promise<void> {
  let left = batch.length
  const body = batch.map(({call}) => ({method: call.method, url: urlOf(call), body: call.body}))
  try {
    const answers = await client.stream({method: 'POST', path: '/stack/batch', body})
    for await (const line of linesOf(answers)) {
      const [index, status, told] = JSON.parse(line) as Line
      const answer = batch[index]?.answer
      if (isSuccess(status)) answer?.resolve(told)
      else answer?.reject(client.failure({statusCode: status, json: told}))
      left--
    }
    if (left > 0) throw new Error('it ended before all was answered')
  } catch (error) {
    for (const {answer} of batch) answer.reject(client.failure(error))
  }
}

function urlOf({path, query = {}}: Call): string {
  const words = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) words.set(name, String(value))
  return words.size === 0 ? path : `${path}?${words}`
}
