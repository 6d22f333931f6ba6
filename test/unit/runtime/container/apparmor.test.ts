import {expect, test} from 'vitest'
import {apparmorProfile} from '../../../../src/runtime/container/apparmor.ts'
import {checkSecurity} from '../../../../src/runtime/container/security.ts'

const loaded = () => 'mine (enforce)\n/usr/bin/man (complain)\n'
const profileOf = (option: string, active: readonly ('apparmor' | 'selinux')[] = ['apparmor']) =>
  apparmorProfile({securityOpt: [option]}, active, loaded)

test('a profile that is loaded is used; without AppArmor there is none', () => {
  expect(profileOf('apparmor=mine')).toBe('mine')
  expect(profileOf('apparmor:/usr/bin/man')).toBe('/usr/bin/man')
  expect(profileOf('apparmor=mine', [])).toBeUndefined()
  expect(profileOf('apparmor=unconfined')).toBeUndefined()
  expect(() => profileOf('apparmor=other')).toThrow('AppArmor profile "other" is not loaded')
})

test('labels are refused where SELinux would read them', () => {
  expect(() => checkSecurity(['label=type:x'], ['selinux'])).toThrow('labels of SELinux are not set')
  expect(() => checkSecurity(['label=disable'], ['selinux'])).not.toThrow()
  expect(() => checkSecurity(['label=type:x'], ['apparmor'])).not.toThrow()
})
