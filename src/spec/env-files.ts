import type {Span} from '../base/diagnostic.ts'
import type {CanonicalService} from './canonical-form.ts'
import {parseDotenv, parseRawEnvironment} from './dotenv.ts'
import type {Path} from './path.ts'
import {problem} from './problem.ts'
import {type Context, decode, own} from './source.ts'
import type {Lookup} from './template.ts'

type From = {
  readonly context: Context
  readonly environment: Readonly<Record<string, string>>
  readonly placeOf: (path: Path) => Span
  /** Told where a value stands that no Compose file has; the last time wins. */
  readonly found: (path: Path, placed: {readonly value: string; readonly at: Span}) => void
}
type Variables = Readonly<Record<string, string | null>>

/** The service with what its env_file and label_file hold in environment and labels, which win over them. */
export function readEnvFiles(name: string, service: CanonicalService, from: From): CanonicalService {
  const {env_file: envFiles, label_file: labelFiles, ...rest} = service
  if (envFiles === undefined && labelFiles === undefined) return service
  const environment = variablesOf(name, service, from)
  const labels = labelsOf(name, service, from)
  return {
    ...rest,
    ...(envFiles === undefined ? {} : {environment: {...environment, ...service.environment}}),
    ...(labelFiles === undefined ? {} : {labels: {...labels, ...service.labels}}),
  }
}

function variablesOf(name: string, service: CanonicalService, from: From): Variables {
  const found: Record<string, string | null> = Object.create(null)
  const lookup: Lookup = key => own(from.environment, key) ?? service.environment?.[key] ?? found[key] ?? undefined
  service.env_file?.forEach(({path = '', required = true, format}, index) => {
    const place: Path = ['services', name, 'env_file', index]
    if (format !== undefined && format !== 'raw') {
      const message = `services.${name}.env_file[${index}].format must be raw`
      from.context.report(problem('bad-value', message, {at: from.placeOf([...place, 'format'])}))
      return
    }
    const text = open(path, {place, required, from})
    if (text === undefined) return
    const read = format === 'raw' ? parseRawEnvironment : parseDotenv
    const {variables, places, problems} = read({path, text}, lookup)
    problems.forEach(from.context.report)
    for (const [key, value] of variables) {
      if (value === null) continue
      found[key] = value
      from.found(['services', name, 'environment', key], {value, at: places.get(key)!})
    }
  })
  return found
}

function labelsOf(name: string, service: CanonicalService, from: From): Record<string, string> {
  const found: Record<string, string> = Object.create(null)
  service.label_file?.forEach((path, index) => {
    const text = open(path, {place: ['services', name, 'label_file', index], required: true, from})
    if (text === undefined) return
    const {variables, places, problems} = parseDotenv({path, text}, key => own(from.environment, key))
    problems.forEach(from.context.report)
    for (const [key, value] of variables) {
      found[key] = value ?? ''
      from.found(['services', name, 'labels', key], {value: value ?? '', at: places.get(key)!})
    }
  })
  return found
}

function open(path: string, {place, required, from}: {place: Path; required: boolean; from: From}): string | undefined {
  const bytes = from.context.read(path)
  if (bytes !== undefined) return decode(bytes)
  if (required) {
    const [, name, key, index] = place
    const message = `services.${name}.${key}[${index}]: file ${path} is not there`
    const hint = key === 'env_file' ? 'required: false makes it optional' : undefined
    from.context.report(problem('file-not-found', message, {at: from.placeOf(place), hint}))
  }
  return undefined
}
