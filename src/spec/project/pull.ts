import {parseDuration} from '../../base/duration.ts'
import type {Service} from '../../model/project.ts'
import type {CanonicalService} from '../canonical-form.ts'

type Pulling = Pick<Service, 'pullPolicy' | 'refreshAfter'>

/** `refresh` looks for a newer image each time, unless `pull_refresh_after` says how old the present one may be. */
export function pullOf({pull_policy: policy = 'missing', pull_refresh_after: after}: CanonicalService): Pulling {
  if (policy === 'always' || policy === 'never' || policy === 'build') return {pullPolicy: policy}
  const age = ageOf(policy) ?? (after === undefined ? undefined : parseDuration(after))
  if (age === undefined) return {pullPolicy: policy === 'refresh' ? 'always' : 'missing'}
  return {pullPolicy: 'missing', refreshAfter: age}
}

function ageOf(policy: string): number | undefined {
  if (policy === 'daily') return parseDuration('1d')
  if (policy === 'weekly') return parseDuration('1w')
  return policy.startsWith('every_') ? parseDuration(policy.slice('every_'.length)) : undefined
}
