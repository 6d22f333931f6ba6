import {lastOf, withLines, withWork} from '../bounded.ts'
import {type Everything, limits, type Message, type Work} from '../messages.ts'

/** `refused`: the token is not that of the server that answers. */
export type Connection = 'connecting' | 'live' | 'lost' | 'refused' | 'ended'

export type PageState = Everything & {
  readonly connection: Connection
  /** What lines must have in them. */
  readonly filter: string
  /** The service whose lines alone are shown. */
  readonly focus: string | undefined
  /** The newest line stays in sight. */
  readonly follows: boolean
  /** An order that the server did not take. */
  readonly complaint: string
}

export type Action =
  | {readonly kind: 'message'; readonly message: Message}
  | {readonly kind: 'connection'; readonly connection: Connection}
  | {readonly kind: 'filter'; readonly text: string}
  /** Once more: all services again. */
  | {readonly kind: 'focus'; readonly service: string}
  | {readonly kind: 'choose'; readonly service: string | undefined}
  | {readonly kind: 'follow'; readonly on: boolean}
  | {readonly kind: 'complaint'; readonly text: string}

export const beginning: PageState = {
  project: '',
  services: [],
  loads: {},
  history: {},
  lines: [],
  works: [],
  trouble: '',
  connection: 'connecting',
  filter: '',
  focus: undefined,
  follows: true,
  complaint: '',
}

export function reduce(state: PageState, action: Action): PageState {
  switch (action.kind) {
    case 'message':
      return heard(state, action.message)
    case 'connection':
      return {...state, connection: action.connection}
    case 'filter':
      return {...state, filter: action.text}
    case 'focus':
      return {...state, focus: action.service === state.focus ? undefined : action.service}
    case 'choose':
      return {...state, focus: action.service}
    case 'follow':
      return {...state, follows: action.on}
    case 'complaint':
      return {...state, complaint: action.text}
  }
}

function heard(state: PageState, message: Message): PageState {
  switch (message.kind) {
    case 'all': {
      const {kind: _, ...everything} = message
      return {...state, ...everything, connection: 'live', complaint: ''}
    }
    case 'services':
      return {...state, services: message.services}
    case 'loads':
      return {...state, loads: message.loads, history: grown(state.history, message.points)}
    case 'lines':
      return {...state, lines: withLines(state.lines, message.lines)}
    case 'work':
      return {...state, works: withWork(state.works, message.work), complaint: ''}
    case 'trouble':
      return {...state, trouble: message.text}
    case 'ended':
      return {...state, connection: 'ended'}
  }
}

const grown = (
  history: Everything['history'],
  points: Readonly<Record<string, Everything['history'][string][number]>>,
) =>
  Object.fromEntries(
    Object.entries(points).map(([name, point]) => [name, lastOf(history[name] ?? [], [point], limits.points)]),
  )

/** What was last asked for a service. */
export const lastWork = ({works}: Pick<PageState, 'works'>, service: string): Work | undefined =>
  works.findLast(({order}) => order.service === service)

export const isBusy = (work: Work | undefined): boolean => work?.phase === 'waiting' || work?.phase === 'working'
