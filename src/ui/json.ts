import type {Activity, Renderer, Write} from './renderer.ts'

const words = {working: 'Working', done: 'Done', warning: 'Warning', error: 'Error'} as const

/** One JSON object per line, as `docker compose --progress json` has them. */
export function jsonRenderer(write: Write): Renderer {
  const line = (value: object) => write(`${JSON.stringify(value)}\n`)
  return {
    begin() {},
    tell: ({id, text, status, details}: Activity) => line({id, text, status: words[status], details}),
    note: (severity, message) => line({[severity]: true, message}),
    async end() {},
  }
}
