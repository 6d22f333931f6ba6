import {resolve} from 'node:path/posix'
import type {WatchAction, WatchRule} from '../../model/project.ts'
import type {CanonicalService, CanonicalWatchRule} from '../canonical-form.ts'
import {defined} from './defined.ts'
import {hooksOf} from './hooks.ts'

/** undefined where there are none, so that a service without rules is the same as before there were any. */
export function watchOf({develop, build}: CanonicalService): readonly WatchRule[] | undefined {
  const rules = develop?.watch
  return rules === undefined || rules.length === 0 ? undefined : rules.map(rule => ruleOf(rule, build?.context))
}

const ruleOf = (
  {action, path = '', target = '', ignore = [], include = [], initial_sync = false, exec}: CanonicalWatchRule,
  context: string | undefined,
): WatchRule => ({
  action: action as WatchAction,
  path: withoutSlash(path),
  target: action === 'rebuild' || action === 'restart' ? '' : resolve('/', target),
  ignore,
  include,
  initialSync: initial_sync,
  ...defined({exec: hooksOf(exec && [exec])?.[0], context}),
})

const withoutSlash = (path: string): string => (path === '/' ? path : path.replace(/\/+$/, ''))
