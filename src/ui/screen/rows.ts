import {sizeText} from '../size.ts'
import type {Facts, ScreenState} from './state.ts'
import type {Tone} from './text.ts'

export type Row = {
  readonly name: string
  readonly state: string
  readonly tone: Tone
  readonly ports: string
  readonly cpu: string
  readonly memory: string
  readonly last: string
}

export function rowOf(state: ScreenState, service: string): Row {
  const own = state.containers.filter(each => each.service === service)
  const used = own.flatMap(({id}) => state.usage.get(id) ?? [])
  const sum = (of: (each: (typeof used)[number]) => number) => used.reduce((all, each) => all + of(each), 0)
  const busy = state.busy.get(service)
  return {
    name: own.length > 1 ? `${service} ×${own.length}` : service,
    ...(busy === undefined ? stateOf(own) : {state: busy, tone: 'warning'}),
    ports: portsOf(own),
    cpu: used.length === 0 ? '' : `${(100 * sum(({cpu}) => cpu)).toFixed(1)}%`,
    memory: used.length === 0 ? '' : sizeText(sum(({memory}) => memory)),
    last: lastOf(state, service),
  }
}

/** From the worst to the best: what is said of a service is the first that one of its containers is. */
const states: ReadonlyArray<readonly [is: (each: Facts) => boolean, say: (each: Facts) => string, tone: Tone]> = [
  [({status}) => status === 'restarting', ({exitCode}) => `restarting (${exitCode})`, 'bad'],
  [({status, exitCode}) => isOver(status) && exitCode !== 0, ({exitCode}) => `exited (${exitCode})`, 'bad'],
  [isRunning('unhealthy'), () => 'unhealthy', 'bad'],
  [isRunning('starting'), () => 'starting', 'warning'],
  [({status}) => status === 'paused', () => 'paused', 'warning'],
  [({status}) => status === 'created' || status === 'removing', ({status}) => status, 'warning'],
  [({status}) => isOver(status), () => 'exited', 'dim'],
  [isRunning('healthy'), () => 'healthy', 'good'],
  [isRunning('none'), () => 'running', 'good'],
]

function stateOf(own: readonly Facts[]): {readonly state: string; readonly tone: Tone} {
  if (own.length === 0) return {state: 'not there', tone: 'dim'}
  for (const [is, say, tone] of states) {
    const those = own.filter(is)
    const [first] = those
    if (first === undefined) continue
    return {state: those.length < own.length ? `${those.length}/${own.length} ${say(first)}` : say(first), tone}
  }
  return {state: own[0]!.status, tone: 'plain'}
}

function isRunning(health: Facts['health']): (each: Facts) => boolean {
  return each => each.status === 'running' && each.health === health
}
const isOver = (status: Facts['status']): boolean => status === 'exited' || status === 'dead'

/** `8080→80`; those that are not published are shown where none is. */
function portsOf(own: readonly Facts[]): string {
  const all = own.flatMap(({ports}) => ports)
  const published = all.filter(each => each.published > 0)
  const shown =
    published.length > 0 ? published.map(each => `${each.published}→${each.target}`) : all.map(each => `${each.target}`)
  return [...new Set(shown)].join(' ')
}

function lastOf({last, now}: ScreenState, service: string): string {
  const found = last.get(service)
  return found === undefined ? '' : `${found.what} ${found.detail} ${since(now - found.at)}`
}

function since(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  if (seconds < 60) return `${seconds}s ago`
  return seconds < 3600 ? `${Math.floor(seconds / 60)}m ago` : `${Math.floor(seconds / 3600)}h ago`
}

/** The address to open: the first published port of a service, as a URL. */
export function addressOf({containers}: Pick<ScreenState, 'containers'>, service: string): string | undefined {
  const ports = containers.filter(each => each.service === service).flatMap(each => each.ports)
  const found = ports.filter(({published, protocol}) => published > 0 && protocol === 'tcp')
  const port = found.toSorted((a, b) => a.target - b.target)[0]
  if (port === undefined) return undefined
  const isAny = port.hostIp === '' || port.hostIp === '0.0.0.0' || port.hostIp === '::'
  const host = isAny ? 'localhost' : port.hostIp.includes(':') ? `[${port.hostIp}]` : port.hostIp
  return `${port.target === 443 ? 'https' : 'http'}://${host}:${port.published}/`
}
