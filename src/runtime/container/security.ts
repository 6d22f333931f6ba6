import {StackError} from '../../base/error.ts'
import {type SecurityModule, securityModules} from '../../base/security-modules.ts'
import {parseProfile} from './seccomp/custom.ts'

export type SecurityOptions = {
  readonly noNewPrivileges: boolean
  /** Or a profile of one's own, as JSON. */
  readonly seccomp: 'default' | 'unconfined' | {readonly profile: string}
  /** `systempaths=unconfined`: nothing masked, nothing read-only. */
  readonly systemPaths: 'default' | 'unconfined'
  /** Paths that are neither masked nor read-only. */
  readonly unmask: readonly string[]
  /** A profile of AppArmor's that must be loaded. */
  readonly apparmor?: string
  /** The last option that speaks of SELinux's labels. */
  readonly label?: string
}

/** Docker's `security_opt` list. What we cannot do is refused, never left out in silence. */
export function securityOptions(list: readonly string[]): SecurityOptions {
  let options: SecurityOptions = {noNewPrivileges: false, seccomp: 'default', systemPaths: 'default', unmask: []}
  for (const text of list) options = {...options, ...meaningOf(text, options)}
  return options
}

function meaningOf(text: string, {unmask}: SecurityOptions): Partial<SecurityOptions> {
  const [, key = '', value = ''] = /^([^=:]+)(?:[=:](.*))?$/s.exec(text) ?? []
  if (key === 'no-new-privileges' && ['', 'true', 'false'].includes(value)) return {noNewPrivileges: value !== 'false'}
  if (key === 'seccomp') {
    if (value.startsWith('{')) return {seccomp: {profile: value}}
    if (['unconfined', 'builtin', 'default'].includes(value)) {
      return {seccomp: value === 'unconfined' ? 'unconfined' : 'default'}
    }
  }
  if (key === 'systempaths' && value === 'unconfined') return {systemPaths: 'unconfined'}
  if (key === 'unmask' && value.toUpperCase() === 'ALL') return {systemPaths: 'unconfined'}
  const paths = value.split(':')
  if (key === 'unmask' && paths.every(each => each.startsWith('/'))) return {unmask: [...unmask, ...paths]}
  // Docker's own profile is not loaded here, so being free of it is what one gets anyway.
  if (key === 'apparmor' && (value === 'unconfined' || value === 'docker-default')) return {}
  if (key === 'apparmor' && value !== '') return {apparmor: value}
  if (key === 'label' && value === 'disable') return {}
  if (key === 'label' && value !== '') return {label: value}
  throw new StackError('unsupported', `security option "${text}" is not supported`, {
    hint: 'options are no-new-privileges, seccomp=, apparmor=, label=, systempaths=unconfined and unmask=PATHS',
  })
}

/** Fails where an option cannot be honoured on this machine, before anything is made. */
export function checkSecurity(list: readonly string[], active: readonly SecurityModule[] = securityModules()): void {
  const {seccomp, label} = securityOptions(list)
  if (typeof seccomp === 'object') parseProfile(seccomp.profile)
  if (label === undefined || !active.includes('selinux')) return
  throw new StackError('unsupported', `security option "label=${label}": labels of SELinux are not set`, {
    hint: 'use label=disable',
  })
}
