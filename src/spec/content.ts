import type {Span} from '../base/diagnostic.ts'
import type {Canonical, CanonicalFile} from './canonical-form.ts'
import type {Path} from './path.ts'
import {problem} from './problem.ts'
import type {Switched} from './profiles.ts'
import {type Contents, pick, usedBy} from './project/project.ts'
import {type Context, own} from './source.ts'

type From = {
  readonly context: Context
  readonly environment: Readonly<Record<string, string>>
  readonly placeOf: (path: Path) => Span
}
type Kind = 'configs' | 'secrets'

/** The bytes of configs and secrets in use, read when the project is loaded so that a change of them is seen. */
export function readContents(model: Canonical, {on}: Switched, from: From): Contents {
  const used = usedBy(Object.values(on))
  const read = (kind: Kind) => {
    const contents = new Map<string, Uint8Array>()
    for (const [key, file] of Object.entries(pick(model[kind], used[kind]))) {
      const bytes = contentOf(kind, key, {file, from})
      if (bytes !== undefined) contents.set(key, bytes)
    }
    return contents
  }
  return {configs: read('configs'), secrets: read('secrets')}
}

function contentOf(kind: Kind, key: string, {file, from}: {file: CanonicalFile; from: From}): Uint8Array | undefined {
  const {context, environment, placeOf} = from
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
