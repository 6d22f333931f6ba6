import {existsSync, readFileSync} from 'node:fs'

/** Linux security modules that confine programs by name, as far as `security_opt` speaks of them. */
export type SecurityModule = 'apparmor' | 'selinux'

/** Those that are switched on in this kernel: at its boot, so they are looked for once. */
export function securityModules(): readonly SecurityModule[] {
  found ??= activeModules()
  return found
}
let found: readonly SecurityModule[] | undefined

function activeModules(): SecurityModule[] {
  const has: Readonly<Record<SecurityModule, boolean>> = {
    apparmor: firstLine('/sys/module/apparmor/parameters/enabled') === 'Y',
    selinux: existsSync('/sys/fs/selinux/enforce'),
  }
  return (['apparmor', 'selinux'] as const).filter(each => has[each])
}

function firstLine(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : ''
}
