import {basename} from 'node:path'
import type {DevEvent} from '../dev/events.ts'
import type {Write} from './renderer.ts'
import type {Style} from './style.ts'

/** One line for each thing that a watching session does: `~ web  synced  page.html → 3 containers  38 ms`. */
export function devPrinter(write: Write, {style, services, json}: DevOutput): (event: DevEvent) => void {
  const width = Math.max(0, ...services.map(name => name.length))
  if (json) return event => write(`${JSON.stringify(jsonOf(event))}\n`)
  return event => write(`${devLine(event, {style, width})}\n`)
}

export type DevOutput = {readonly style: Style; readonly services: readonly string[]; readonly json: boolean}

export function devLine(event: DevEvent, {style, width}: {readonly style: Style; readonly width: number}): string {
  const line = (service: string, word: string, ...rest: readonly string[]) =>
    [`${style.dim('~')} ${style.bold(service.padEnd(width))}`, word, ...rest.filter(each => each !== '')].join('  ')
  const time = (ms: number) => style.dim(`${Math.round(ms)} ms`)
  switch (event.kind) {
    case 'watching': {
      const to = event.target === '' ? '' : ` → ${event.target}`
      return line(
        event.service,
        style.dim('watching'),
        `${event.path}${to}`,
        style.dim(event.files === undefined ? event.action : `${event.action}, ${count(event.files, 'file')}`),
      )
    }
    case 'synced': {
      const {written, removed, containers, ms} = event
      const what = [named(written, ''), named(removed, '-')].filter(each => each !== '').join(' ')
      return line(event.service, style.good('synced   '), `${what} → ${count(containers, 'container')}`, time(ms))
    }
    case 'rebuilt':
    case 'restarted': {
      const [first = '', ...others] = event.services
      const also = others.length === 0 ? '' : `and ${others.join(', ')}`
      return line(
        first,
        style.good(event.kind.padEnd('restarted'.length)),
        also,
        basename(event.because),
        time(event.ms),
      )
    }
    case 'executed':
      return line(
        event.service,
        style.good('ran      '),
        `${event.command.join(' ')} in ${count(event.containers, 'container')}`,
        time(event.ms),
      )
    case 'warned':
      return line(event.service ?? '', style.warning('warning  '), event.message)
  }
}

const most = 3

/** `a.js, b.js, c.js and 4 more`. */
function named(paths: readonly string[], sign: string): string {
  const shown = paths.slice(0, most).map(path => `${sign}${basename(path)}`)
  const rest = paths.length - shown.length
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ')
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`

function jsonOf(event: DevEvent) {
  const {kind, ...rest} = event
  if (kind === 'warned') return {warning: true, ...rest}
  return {watch: kind, ...rest, ...('ms' in event ? {ms: Math.round(event.ms)} : {})}
}
