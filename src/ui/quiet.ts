import {noteLine} from './plain.ts'
import type {Renderer, Write} from './renderer.ts'
import type {Style} from './style.ts'

/** Shows no work, but still what went wrong. */
export function quietRenderer(write: Write, style: Style): Renderer {
  return {
    begin() {},
    tell() {},
    note: (severity, message) => {
      if (severity === 'error') write(`${noteLine(severity, message, style)}\n`)
    },
    async end() {},
  }
}
