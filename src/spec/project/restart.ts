import {parseDuration} from '../../base/duration.ts'
import type {RestartPolicy} from '../../model/project.ts'
import type {CanonicalService} from '../canonical-form.ts'
import {defined} from './defined.ts'

const conditions: Readonly<Record<string, RestartPolicy['name']>> = {
  none: 'no',
  'on-failure': 'on-failure',
  any: 'always',
}

/** `deploy.restart_policy` is for the same thing as `restart`, and wins over it. */
export function restartOf({restart = 'no', deploy}: CanonicalService): RestartPolicy {
  const policy = deploy?.restart_policy
  if (policy !== undefined) {
    const name = conditions[policy.condition ?? 'any']!
    const time = (text: string | undefined) => (text === undefined ? undefined : parseDuration(text))
    return {
      name,
      maximumRetryCount: name === 'on-failure' ? (policy.max_attempts ?? 0) : 0,
      ...defined({delay: time(policy.delay), window: time(policy.window)}),
    }
  }
  const [name = 'no', count] = restart.split(':')
  return {name: name as RestartPolicy['name'], maximumRetryCount: count === undefined ? 0 : Number(count)}
}
