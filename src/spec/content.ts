import type {Span} from '../base/diagnostic.ts'
import type {Path} from './path.ts'
import {problem} from './problem.ts'
import type {ReadContent} from './project/project.ts'
import {type Context, own} from './source.ts'

type From = {
  readonly context: Context
  readonly environment: Readonly<Record<string, string>>
  readonly placeOf: (path: Path) => Span
}

/** The bytes of configs and secrets, read when the project is loaded so that a change of them is seen. */
export const readContent =
  ({context, environment, placeOf}: From): ReadContent =>
  (kind, key, file) => {
    if (file.content !== undefined) return new TextEncoder().encode(file.content)
    if (file.file !== undefined) {
      const bytes = context.read(file.file)
      if (bytes !== undefined) return bytes
      const message = `${kind}.${key}.file: ${file.file} is not there`
      context.report(problem('file-not-found', message, {at: placeOf([kind, key, 'file'])}))
      return undefined
    }
    if (file.environment === undefined) return undefined
    const value = own(environment, file.environment)
    if (value !== undefined) return new TextEncoder().encode(value)
    const message = `${kind}.${key}.environment: variable ${file.environment} is not set`
    context.report(problem('undefined-reference', message, {at: placeOf([kind, key, 'environment'])}))
    return undefined
  }
