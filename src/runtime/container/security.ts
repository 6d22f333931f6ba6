import {StackError} from '../../base/error.ts'

export type SecurityOptions = {
  readonly noNewPrivileges: boolean
  readonly seccomp: 'default' | 'unconfined'
  /** `systempaths=unconfined`: nothing masked, nothing read-only. */
  readonly systemPaths: 'default' | 'unconfined'
}

/** Docker's `security_opt` list. What we cannot do is refused, never left out in silence. */
export function securityOptions(list: readonly string[]): SecurityOptions {
  let options: SecurityOptions = {noNewPrivileges: false, seccomp: 'default', systemPaths: 'default'}
  for (const text of list) options = {...options, ...meaningOf(text)}
  return options
}

function meaningOf(text: string): Partial<SecurityOptions> {
  const [, key = '', value = ''] = /^([^=:]+)(?:[=:](.*))?$/.exec(text) ?? []
  if (key === 'no-new-privileges' && ['', 'true', 'false'].includes(value)) return {noNewPrivileges: value !== 'false'}
  if (key === 'seccomp' && (value === 'unconfined' || value === 'builtin' || value === 'default')) {
    return {seccomp: value === 'unconfined' ? 'unconfined' : 'default'}
  }
  if (key === 'systempaths' && value === 'unconfined') return {systemPaths: 'unconfined'}
  // Neither is applied here, so being free of it is what one gets anyway.
  if (key === 'apparmor' && (value === 'unconfined' || value === 'docker-default')) return {}
  if (key === 'label' && value === 'disable') return {}
  throw new StackError('unsupported', `security option "${text}" is not supported`, {
    hint: 'supported: no-new-privileges, seccomp=unconfined, systempaths=unconfined, apparmor=unconfined, label=disable',
  })
}
