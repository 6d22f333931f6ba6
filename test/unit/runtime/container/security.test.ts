import {expect, test} from 'vitest'
import {environmentOf} from '../../../../src/runtime/container/environment.ts'
import {securityOptions} from '../../../../src/runtime/container/security.ts'
import {record} from './record.ts'

const none = {noNewPrivileges: false, seccomp: 'default', systemPaths: 'default', unmask: []}

test.each([
  [[], none],
  [['no-new-privileges'], {...none, noNewPrivileges: true}],
  [['no-new-privileges:true'], {...none, noNewPrivileges: true}],
  [['no-new-privileges=false'], none],
  [['seccomp=unconfined', 'apparmor:unconfined'], {...none, seccomp: 'unconfined'}],
  [['systempaths=unconfined', 'label=disable'], {...none, systemPaths: 'unconfined'}],
  [['unmask=ALL'], {...none, systemPaths: 'unconfined'}],
  [
    ['unmask=/proc/keys:/sys/firmware', 'unmask=/proc/bus'],
    {...none, unmask: ['/proc/keys', '/sys/firmware', '/proc/bus']},
  ],
  [['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}'], {...none, seccomp: {profile: '{"defaultAction":"SCMP_ACT_ALLOW"}'}}],
  [['apparmor=mine', 'label=type:x'], {...none, apparmor: 'mine', label: 'type:x'}],
])('%j', (list, options) => {
  expect(securityOptions(list)).toEqual(options)
})

test.each(['seccomp=/my/profile.json', 'unmask=proc', 'systempaths=on', 'nonsense', 'no-new-privileges:maybe'])(
  '%s is refused, not ignored',
  text => {
    expect(() => securityOptions([text])).toThrow(`security option "${text}" is not supported`)
  },
)

test('the environment is defaults, the container’s, and what is added; the last of a name wins', () => {
  const container = record({config: {env: ['A=1', 'PATH=/bin', 'EMPTY='], hostname: 'box', tty: true}})
  expect(environmentOf(container, '/root', ['A=2'])).toEqual([
    'PATH=/bin',
    'HOSTNAME=box',
    'TERM=xterm',
    'A=2',
    'EMPTY=',
    'HOME=/root',
  ])
})

test('a name without a value takes the variable away, a home of its own is kept', () => {
  expect(environmentOf(record({config: {env: ['HOME=/here'], hostname: 'b'}}), '/root', ['PATH'])).toEqual([
    'HOSTNAME=b',
    'HOME=/here',
  ])
})
