import type {ServerResponse} from 'node:http'
import type {Message} from '../messages.ts'

export type StreamLimits = {
  /** How many pages are told at a time. */
  readonly clients: number
  /** Bytes that a page has not taken yet; one that is further behind is cut off, and comes again for everything. */
  readonly backlog: number
  /** Milliseconds between signs of life. */
  readonly beat: number
}

/** Server-sent events to many pages. */
export function createStreams({clients, backlog, beat}: StreamLimits) {
  const open = new Set<ServerResponse>()
  const timer = setInterval(() => write(': still here\n\n'), beat)
  timer.unref()

  function write(text: string): void {
    for (const each of open) {
      if (each.writableLength > backlog) each.destroy()
      else each.write(text)
    }
  }

  return {
    get isFull(): boolean {
      return open.size >= clients
    },
    add(response: ServerResponse, first: Message): void {
      open.add(response)
      response.once('close', () => open.delete(response))
      response.write(eventOf(first))
    },
    tell: (message: Message): void => write(eventOf(message)),
    close(): void {
      clearInterval(timer)
      write(eventOf({kind: 'ended'}))
      for (const each of open) each.end()
    },
  }
}

const eventOf = (message: Message): string => `data: ${JSON.stringify(message)}\n\n`
