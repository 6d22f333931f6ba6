import type {Activity, Renderer, Write} from './renderer.ts'
import type {Style} from './style.ts'

/** ` Container shop-web-1  Started`, one line for each thing that happens. */
export function plainRenderer(write: Write, style: Style): Renderer {
  return {
    begin() {},
    tell: activity => write(`${plainLine(activity)}\n`),
    note: (severity, message) => write(`${noteLine(severity, message, style)}\n`),
    async end() {},
  }
}

export function plainLine({id, text, details}: Activity): string {
  const line = ` ${id}  ${text}`
  return details === undefined ? line : `${line}  ${details}`
}

export function noteLine(severity: 'info' | 'warning' | 'error', message: string, style: Style): string {
  if (severity === 'info') return message
  return severity === 'warning' ? `${style.warning('warning:')} ${message}` : `${style.bad('error:')} ${message}`
}
