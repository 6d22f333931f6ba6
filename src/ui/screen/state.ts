import type {DevEvent} from '../../dev/events.ts'
import type {ActualContainer} from '../../engine/engine.ts'
import type {Load} from '../../execute/statistics.ts'
import {printable} from './text.ts'

export type Facts = Pick<
  ActualContainer,
  'id' | 'service' | 'number' | 'status' | 'health' | 'exitCode' | 'ports' | 'restarts'
>
export type Usage = Pick<Load, 'cpu' | 'memory'>
/** Milliseconds since the epoch. */
export type Last = {
  readonly what: 'synced' | 'restarted' | 'rebuilt' | 'ran'
  readonly detail: string
  readonly at: number
}
export type LogLine = {readonly source: string; readonly service: string; readonly text: string}
export type Level = 'info' | 'warning' | 'error'

export type ScreenState = {
  readonly project: string
  readonly services: readonly string[]
  readonly containers: readonly Facts[]
  /** By the containers' ids. */
  readonly usage: ReadonlyMap<string, Usage>
  /** By service: what was done last, and what is being done. */
  readonly last: ReadonlyMap<string, Last>
  readonly busy: ReadonlyMap<string, string>
  readonly logs: readonly LogLine[]
  readonly selected: string
  /** Only its output is shown. */
  readonly focus: string | undefined
  readonly filter: string
  readonly mode: 'normal' | 'filter' | 'help' | 'quit'
  /** Lines between the last one and the last that is shown. */
  readonly scrolled: number
  readonly wraps: boolean
  readonly notice: {readonly level: Level; readonly text: string} | undefined
  /** Rules that are watched. */
  readonly rules: number
  readonly now: number
}

export type ScreenEvent =
  | {readonly kind: 'observed'; readonly containers: readonly Facts[]}
  | {readonly kind: 'measured'; readonly usage: ReadonlyMap<string, Usage>}
  | {readonly kind: 'wrote'; readonly lines: readonly LogLine[]}
  | {readonly kind: 'did'; readonly event: DevEvent; readonly line: string}
  | {readonly kind: 'began'; readonly service: string; readonly what: string}
  | {readonly kind: 'ended'; readonly service: string}
  | {readonly kind: 'said'; readonly level: Level; readonly text: string}
  | {readonly kind: 'ticked'; readonly now: number}
  | Gesture

/** What keys change of the screen alone. */
export type Gesture =
  | {readonly kind: 'move'; readonly by: number}
  | {readonly kind: 'focus'}
  | {readonly kind: 'show all'}
  | {readonly kind: 'mode'; readonly mode: ScreenState['mode']}
  | {readonly kind: 'filter'; readonly text: string}
  | {readonly kind: 'scroll'; readonly by: number}
  | {readonly kind: 'wrap'}

/** So many lines are kept, and up to an eighth more until the oldest go. */
export const kept = 5000
/** Who speaks when it is no container. */
export const session = '~'

export function firstState(project: string, services: readonly string[], now: number): ScreenState {
  return {
    project,
    services,
    containers: [],
    usage: new Map(),
    last: new Map(),
    busy: new Map(),
    logs: [],
    selected: services[0] ?? '',
    focus: undefined,
    filter: '',
    mode: 'normal',
    scrolled: 0,
    wraps: false,
    notice: undefined,
    rules: 0,
    now,
  }
}

export function advance(state: ScreenState, event: ScreenEvent): ScreenState {
  switch (event.kind) {
    case 'observed':
      return {...state, containers: event.containers, services: withNew(state.services, event.containers)}
    case 'measured':
      return {...state, usage: event.usage}
    case 'wrote':
      return withLines(state, event.lines)
    case 'did':
      return withDone(state, event.event, event.line)
    case 'began':
      return {...state, busy: new Map([...state.busy, [event.service, event.what]])}
    case 'ended':
      return {...state, busy: new Map([...state.busy].filter(([service]) => service !== event.service))}
    case 'said':
      return {...state, notice: {level: event.level, text: printable(event.text)}}
    case 'ticked':
      return {...state, now: event.now}
    default:
      return gesture(state, event)
  }
}

function gesture(state: ScreenState, event: Gesture): ScreenState {
  switch (event.kind) {
    case 'move': {
      const last = state.services.length - 1
      const at = Math.max(0, Math.min(last, state.services.indexOf(state.selected) + event.by))
      const selected = state.services[at] ?? ''
      return {...state, selected, ...(state.focus === undefined ? {} : {focus: selected, scrolled: 0})}
    }
    case 'focus':
      return {...state, focus: state.focus === state.selected ? undefined : state.selected, scrolled: 0}
    case 'show all':
      return {...state, mode: 'normal', focus: undefined, filter: '', scrolled: 0, notice: undefined}
    case 'mode':
      return {...state, mode: event.mode}
    case 'filter':
      return {...state, filter: event.text, scrolled: 0}
    case 'scroll':
      return {...state, scrolled: Math.max(0, Math.min(shownLogs(state).length - 1, state.scrolled + event.by))}
    case 'wrap':
      return {...state, wraps: !state.wraps}
  }
}

/** Of the logs: what focus and filter leave. */
export function shownLogs({logs, focus, filter}: ScreenState): readonly LogLine[] {
  if (focus === undefined && filter === '') return logs
  const wanted = filter.toLowerCase()
  return logs.filter(
    ({source, service, text}) =>
      (focus === undefined || service === focus) &&
      (wanted === '' || text.toLowerCase().includes(wanted) || source.toLowerCase().includes(wanted)),
  )
}

/** Who has scrolled up goes on seeing what he sees. */
function withLines(state: ScreenState, lines: readonly LogLine[]): ScreenState {
  const news = lines.map(({source, service, text}) => ({source, service, text: printable(text)}))
  const before = state.logs.length < kept * 1.125 ? state.logs : state.logs.slice(-kept)
  const next = {...state, logs: [...before, ...news].slice(-kept * 2)}
  return state.scrolled === 0 ? next : {...next, scrolled: state.scrolled + shownLogs({...state, logs: news}).length}
}

function withDone(state: ScreenState, event: DevEvent, line: string): ScreenState {
  const service = 'services' in event ? (event.services[0] ?? '') : (event.service ?? '')
  const next = withLines(state, [{source: session, service, text: line}])
  if (event.kind === 'watching') return {...next, rules: state.rules + 1}
  if (event.kind === 'warned') return {...next, notice: {level: 'warning', text: printable(event.message)}}
  const what = {synced: 'synced', restarted: 'restarted', rebuilt: 'rebuilt', executed: 'ran'} as const
  const touched = 'services' in event ? event.services : [event.service]
  const last: Last = {what: what[event.kind], detail: detailOf(event), at: state.now}
  return {...next, last: new Map([...state.last, ...touched.map(name => [name, last] as const)])}
}

function detailOf(event: Extract<DevEvent, {ms: number}>): string {
  if (event.kind === 'executed') return printable(event.command[0] ?? '')
  const paths = event.kind === 'synced' ? [...event.written, ...event.removed] : [event.because]
  const first = printable(paths[0]?.split('/').at(-1) ?? '')
  return paths.length > 1 ? `${first} +${paths.length - 1}` : first
}

function withNew(services: readonly string[], containers: readonly Facts[]): readonly string[] {
  const others = containers.map(({service}) => service).filter(name => !services.includes(name))
  return others.length === 0 ? services : [...services, ...new Set(others)]
}
