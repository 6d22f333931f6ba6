import {delay} from '../../base/delay.ts'
import {StackError} from '../../base/error.ts'
import type {EngineEvent, HealthStatus} from '../engine.ts'
import {label} from '../labels.ts'
import type {Client} from './client.ts'
import {linesOf} from './streams.ts'

/** As `GET /events` sends it. */
export type ApiEvent = {
  readonly Type: string
  readonly Action: string
  readonly Actor: {readonly ID: string; readonly Attributes: Readonly<Record<string, string>>}
  readonly time: number
  readonly timeNano?: number
}

const patience = 5000
const pause = 50

/**
 * What happens to a project's containers, from the moment of the call on: a broken connection is made again and what
 * passed meanwhile is asked for.
 */
export function projectEvents(client: Client, project: string, signal: AbortSignal): AsyncIterable<EngineEvent> {
  return follow(client, project, {signal, from: Date.now()})
}

async function* follow(
  client: Client,
  project: string,
  {signal, from}: {signal: AbortSignal; from: number},
): AsyncGenerator<EngineEvent> {
  const seen = new LastSeen(from)
  let deadline = Date.now() + patience
  while (!signal.aborted) {
    try {
      const filters = JSON.stringify({type: ['container'], label: [`${label.project}=${project}`]})
      const answer = await client.stream({
        method: 'GET',
        path: '/events',
        query: {since: seconds(seen.at), filters},
        signal,
      })
      for await (const line of linesOf(answer)) {
        deadline = Date.now() + patience
        const event = JSON.parse(line) as ApiEvent
        if (seen.isNew(event)) yield fromEvent(event)
      }
    } catch (error) {
      if (signal.aborted) return
      if (Date.now() > deadline) throw error
    }
    if (Date.now() > deadline) throw new StackError('engine-unreachable', `${client.name} sends no events`)
    await delay(pause, signal)
  }
}

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(3)

/** Asking again gives the events of the last moment once more: these are left out. */
class LastSeen {
  at: number
  #keys = new Set<string>()

  constructor(from: number) {
    this.at = from
  }

  isNew(event: ApiEvent): boolean {
    const at = Math.floor(instantOf(event))
    const key = `${event.timeNano ?? event.time} ${event.Action} ${event.Actor.ID}`
    if (at < this.at || this.#keys.has(key)) return false
    if (at > this.at) this.#keys.clear()
    this.at = at
    this.#keys.add(key)
    return true
  }
}

const instantOf = ({time, timeNano}: ApiEvent): number => (timeNano === undefined ? time * 1000 : timeNano / 1e6)

/** `health_status: healthy` has the verdict in its name. */
export function fromEvent(event: ApiEvent): EngineEvent {
  const {ID, Attributes} = event.Actor
  const [action = '', detail] = event.Action.split(': ')
  const {exitCode} = Attributes
  return {
    action,
    container: ID,
    name: Attributes.name ?? '',
    service: Attributes[label.service] ?? '',
    number: Number(Attributes[label.number] ?? 1),
    at: instantOf(event),
    ...(exitCode === undefined ? {} : {exitCode: Number(exitCode)}),
    ...(action === 'health_status' && detail !== undefined ? {health: detail as HealthStatus} : {}),
  }
}
