import type {IncomingMessage} from 'node:http'
import {StackError} from '../../base/error.ts'
import {errorBody, statusOf} from './errors.ts'
import type {Match, Reply, Request, RequestLine, Route} from './router.ts'

type Part = RequestLine & {readonly body?: unknown}

type Options = {
  readonly resolve: (
    raw: IncomingMessage,
    line: RequestLine,
    json: () => Promise<unknown>,
  ) => {readonly match: Match; readonly request: Request}
  readonly failed: (error: unknown, request: string) => void
}

/**
 * `POST /stack/batch`: requests that come as one, `[{method, url, body}]`, each done as if it had come alone. A line of
 * the answer, `[index, status, body]`, is written as each is done. For those that take and give JSON only.
 */
export function batchRoute({resolve, failed}: Options): Route {
  return {
    method: 'POST',
    pattern: '/stack/batch',
    async handle(request, reply) {
      const parts = await request.json<readonly Part[]>()
      if (!Array.isArray(parts)) throw new StackError('bad-request', 'a batch is a list of requests')
      const out = reply.stream(200, 'application/x-ndjson')
      const answer = (index: number, status: number, body?: unknown) =>
        out.write(`${JSON.stringify(body === undefined ? [index, status] : [index, status, body])}\n`)
      const perform = async ({body = {}, ...line}: Part, index: number) => {
        try {
          const {match, request: part} = resolve(request.raw, line, async () => body)
          if ('hijack' in match.route) throw alone()
          await match.route.handle(
            part,
            replyTo(reply, (status, told) => answer(index, status, told)),
          )
        } catch (error) {
          const status = statusOf(error)
          if (status === 500) failed(error, `${line.method} ${line.url}`)
          answer(index, status, status === 304 ? undefined : errorBody(error))
        }
      }
      await Promise.all(parts.map(perform))
      out.end()
    },
  }
}

const replyTo = (reply: Reply, answer: (status: number, body?: unknown) => void): Reply => ({
  get raw(): never {
    throw alone()
  },
  get gone() {
    return reply.gone
  },
  json: answer,
  empty: answer,
  stream() {
    throw alone()
  },
})

const alone = () => new StackError('bad-request', 'this request has to come alone')
