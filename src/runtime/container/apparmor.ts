import {readFileSync} from 'node:fs'
import {errnoOf, StackError} from '../../base/error.ts'
import {type SecurityModule, securityModules} from '../../base/security-modules.ts'
import type {HostConfig} from '../../model/container.ts'
import {securityOptions} from './security.ts'

const loadedProfiles = '/sys/kernel/security/apparmor/profiles'

/** Name of the profile that the program is to run under; undefined where there is none, or no AppArmor. */
export function apparmorProfile(
  {securityOpt}: Pick<HostConfig, 'securityOpt'>,
  active: readonly SecurityModule[] = securityModules(),
  profiles: () => string = readProfiles,
): string | undefined {
  const {apparmor} = securityOptions(securityOpt)
  if (apparmor === undefined || !active.includes('apparmor')) return undefined
  // `name (enforce)`, a line each.
  const isLoaded = profiles()
    .split('\n')
    .some(line => line.replace(/ \([a-z]+\)$/, '') === apparmor)
  if (isLoaded) return apparmor
  throw new StackError('start-failed', `AppArmor profile "${apparmor}" is not loaded`, {
    hint: 'load it with apparmor_parser, or use apparmor=unconfined',
  })
}

function readProfiles(): string {
  try {
    return readFileSync(loadedProfiles, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return ''
    throw error
  }
}
