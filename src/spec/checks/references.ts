import {suggest} from '../../base/suggest.ts'
import type {CanonicalService} from '../canonical-form.ts'
import {type Path, renderPath} from '../path.ts'
import type {ServiceCheck, Tell} from './check.ts'

type Names = Readonly<Record<string, unknown>> | null | undefined

/** Everything that a service names must be defined. */
export const checkReferences: ServiceCheck = (name, service, {model, tell}) => {
  const at = (...rest: Path): Path => ['services', name, ...rest]
  const network = {kind: 'network', names: {default: null, ...model.networks}}
  for (const key of Object.keys(service.networks ?? {})) mustExist(key, {...network, path: at('networks', key), tell})
  service.volumes?.forEach(({type, source}, index) => {
    if (type === 'volume' && source)
      mustExist(source, {kind: 'volume', names: model.volumes, path: at('volumes', index), tell})
  })
  service.configs?.forEach(({source}, index) => {
    if (source) mustExist(source, {kind: 'config', names: model.configs, path: at('configs', index), tell})
  })
  service.secrets?.forEach(({source}, index) => {
    if (source) mustExist(source, {kind: 'secret', names: model.secrets, path: at('secrets', index), tell})
  })
  service.build?.secrets?.forEach(({source}, index) => {
    if (source) mustExist(source, {kind: 'secret', names: model.secrets, path: at('build', 'secrets', index), tell})
  })
  for (const key of Object.keys(service.models ?? {})) {
    mustExist(key, {kind: 'model', names: model.models, path: at('models', key), tell})
  }
  checkServices(name, service, {model, tell})
}

const checkServices: ServiceCheck = (name, service, {model, tell}) => {
  const target = {kind: 'service', names: model.services, tell}
  for (const [key, {required}] of Object.entries(service.depends_on ?? {})) {
    const isOptional = required === false && model.services[key] !== undefined
    if (!isOptional) mustExist(key, {...target, path: ['services', name, ...mentionOf(key, service)]})
  }
  for (const [key, context] of Object.entries(service.build?.additional_contexts ?? {})) {
    const path = ['services', name, 'build', 'additional_contexts', key]
    const other = context?.startsWith('service:') ? context.slice('service:'.length) : undefined
    if (other === undefined) continue
    mustExist(other, {...target, path})
    if (model.services[other] !== undefined && model.services[other].build === undefined) {
      tell('undefined-reference', path, {message: `${renderPath(path)}: service "${other}" has no build section`})
    }
  }
}

/** Where a service names another one: a dependency may follow from a shared namespace. */
function mentionOf(other: string, service: CanonicalService): Path {
  const modes = ['network_mode', 'ipc', 'pid', 'uts', 'cgroup'] as const
  const mode = modes.find(key => service[key] === `service:${other}`)
  if (mode !== undefined) return [mode]
  for (const key of ['links', 'volumes_from'] as const) {
    const index = (service[key] ?? []).findIndex(each => each.split(':')[0] === other)
    if (index >= 0) return [key, index]
  }
  return ['depends_on', other]
}

function mustExist(
  name: string,
  {kind, names, path, tell}: {kind: string; names: Names; path: Path; tell: Tell},
): void {
  if (names != null && Object.hasOwn(names, name)) return
  const near = suggest(name, Object.keys(names ?? {}))
  const hint = near === undefined ? defineHint(kind, name) : `did you mean "${near}"?`
  tell('undefined-reference', path, {message: `${renderPath(path)}: ${kind} "${name}" is not defined`, hint})
}

function defineHint(kind: string, name: string): string | undefined {
  return kind === 'service' ? undefined : `define it at the top level: "${kind}s:" with "${name}:" below`
}
