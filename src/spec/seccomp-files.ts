import type {Span} from '../base/diagnostic.ts'
import type {CanonicalService} from './canonical-form.ts'
import type {Path} from './path.ts'
import {problem} from './problem.ts'
import type {Context} from './source.ts'

type From = {readonly context: Context; readonly placeOf: (path: Path) => Span}

/** Path of a profile in `seccomp=PATH`; undefined where none is named, or where the profile itself stands there. */
export function seccompPath(option: string): string | undefined {
  const value = /^seccomp[:=](.*)$/s.exec(option)?.[1]
  return value === undefined || /^(?:|unconfined|builtin|default|\{.*)$/s.test(value) ? undefined : value
}

/** Profiles travel as text, so that a change of one is a change of the service; their paths are absolute by now. */
export function readSeccompFiles(name: string, service: CanonicalService, from: From): CanonicalService {
  if (!service.security_opt?.some(each => seccompPath(each) !== undefined)) return service
  return {
    ...service,
    security_opt: service.security_opt.map((option, index) => {
      const path = seccompPath(option)
      return path === undefined
        ? option
        : `seccomp=${profileText(path, ['services', name, 'security_opt', index], from)}`
    }),
  }
}

function profileText(path: string, where: Path, {context, placeOf}: From): string {
  const at = placeOf(where)
  const label = `services.${where[1]}.security_opt[${where[3]}]`
  const bytes = context.read(path)
  if (bytes === undefined) {
    context.report(problem('file-not-found', `${label}: ${path} is not there`, {at}))
    return '{}'
  }
  const text = new TextDecoder().decode(bytes).trim()
  try {
    const profile: unknown = JSON.parse(text)
    if (typeof profile === 'object' && profile !== null && 'defaultAction' in profile) return text
    context.report(problem('bad-value', `${label}: ${path} has no defaultAction`, {at, hint}))
  } catch (error) {
    // Without the beginning of the text, which some messages end with.
    const because = (error instanceof Error ? error.message : String(error)).replace(/, ".*/s, '')
    context.report(problem('bad-value', `${label}: ${path} is not JSON: ${because}`, {at, hint}))
  }
  return '{}'
}

const hint = 'a profile is JSON, as docker run --security-opt seccomp= takes it'
