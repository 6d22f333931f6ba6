import {advance, type Facts, firstState, type ScreenEvent, type ScreenState} from '../../../../src/ui/screen/state.ts'
import {frame, type Size} from '../../../../src/ui/screen/view.ts'

export const facts = (service: string, number: number, more: Partial<Facts> = {}): Facts => ({
  id: `${service}-${number}`,
  service,
  number,
  status: 'running',
  health: 'none',
  exitCode: 0,
  ports: [],
  restarts: 0,
  ...more,
})

export const log = (source: string, text: string): ScreenEvent => ({
  kind: 'wrote',
  lines: [{source, service: source.replace(/-\d+$/, ''), text}],
})

/** The state after these events, at the time 100 s. */
export const stateAfter = (events: readonly ScreenEvent[], services: readonly string[] = ['web', 'db']): ScreenState =>
  events.reduce(advance, firstState('shop', services, 100_000))

/** A shop with a bit of everything. */
export const shop: readonly ScreenEvent[] = [
  {
    kind: 'observed',
    containers: [
      facts('web', 1, {ports: [{target: 80, protocol: 'tcp', hostIp: '', published: 8080}]}),
      facts('web', 2, {ports: [{target: 80, protocol: 'tcp', hostIp: '', published: 8080}]}),
      facts('db', 1, {health: 'starting', ports: [{target: 5432, protocol: 'tcp', hostIp: '', published: 0}]}),
    ],
  },
  {
    kind: 'measured',
    usage: new Map([
      ['web-1', {cpu: 0.0125, memory: 30 << 20}],
      ['web-2', {cpu: 0.005, memory: 4 << 20}],
    ]),
  },
  {
    kind: 'did',
    event: {kind: 'watching', service: 'web', action: 'sync', path: '/src', target: '/app'},
    line: 'web  watching  /src → /app',
  },
  {
    kind: 'did',
    event: {kind: 'synced', service: 'web', written: ['/app/page.html', '/app/b'], removed: [], containers: 2, ms: 38},
    line: 'web  synced  page.html, b → 2 containers  38 ms',
  },
  log('web-1', 'GET / 200'),
  log('db-1', 'ready to accept connections'),
  {kind: 'ticked', now: 112_000},
]

/** What a screen shows, without colours. */
export const picture = (state: ScreenState, size: Size): string =>
  frame(state, size)
    .map(line =>
      line
        .map(({text}) => text)
        .join('')
        .trimEnd(),
    )
    .join('\n')
    .trimEnd()
