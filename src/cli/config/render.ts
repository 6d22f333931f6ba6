import {StackError} from '../../base/error.ts'
import {checkServices} from '../../plan/selection.ts'
import type {Canonical} from '../../spec/canonical-form.ts'
import {selectedServices} from '../../spec/selection.ts'
import type {Plain} from '../../spec/tree.ts'
import type {ConfigValues} from '../commands/config.ts'
import type {Model} from '../context.ts'

export type Rendering = {
  readonly values: ConfigValues
  readonly operands: readonly string[]
  /** Paths below it are shown from it. */
  readonly directory: string
}

/** What `stack config` was asked for, as text. */
export async function render(model: Model, {values, operands, directory}: Rendering): Promise<string> {
  const {canonical, sources} = model
  const {services} = canonical
  if (values.services) return lines(Object.keys(services))
  if (values.volumes) return lines(Object.keys(canonical.volumes ?? {}))
  if (values.networks) return lines(Object.keys(canonical.networks ?? {}))
  if (values.models) return lines(Object.keys(canonical.models ?? {}))
  if (values.images) return lines(imagesIn(canonical))
  if (values.profiles) return lines(sources.profiles)
  if (values.environment) return lines(Object.entries(sources.environment).map(([name, value]) => `${name}=${value}`))
  if (values.hash !== undefined) return hashes(model, values.hash)
  if (values.variables) return (await import('./variables.ts')).renderVariables(canonical as unknown as Plain, values)
  if (values.explain !== undefined) {
    const {renderExplained} = await import('./explain.ts')
    return renderExplained(model, {path: values.explain, json: values.format === 'json', directory})
  }
  const {printCanonical} = await import('../../spec/canonical.ts')
  return printCanonical(chosen(canonical, operands), {
    format: values.format ?? 'yaml',
    unused: values['no-normalize'],
    escapes: !values['no-interpolate'],
  })
}

function imagesIn({name, services}: Canonical): string[] {
  return Object.entries(services).flatMap(([key, {image, provider, pre_start: hooks = []}]) =>
    provider == null ? [image ?? `${name}-${key}`, ...hooks.flatMap(hook => hook.image ?? [])] : [],
  )
}

/** The named services and what they depend on; all where none is named. */
function chosen(canonical: Canonical, names: readonly string[]): Canonical {
  const selected = selectedServices(canonical, names)
  const services = Object.entries(canonical.services).filter(([name]) => selected.has(name))
  return {...canonical, services: Object.fromEntries(services)}
}

async function hashes({project}: Model, wanted: string): Promise<string> {
  if (project === undefined) throw new StackError('unsupported', 'services that cannot be run have no hash')
  const {configHash} = await import('../../plan/hash.ts')
  const names = wanted === '*' ? Object.keys(project.services) : wanted.split(',')
  checkServices(names, Object.keys(project.services))
  return lines(names.map(name => `${name} ${configHash(project, project.services[name]!)}`))
}

const lines = (texts: Iterable<string>): string =>
  [...new Set(texts)]
    .sort()
    .map(text => `${text}\n`)
    .join('')
