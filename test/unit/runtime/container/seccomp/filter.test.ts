import {describe, expect, test} from 'vitest'
import {
  capabilitiesOf,
  defaultCapabilities,
  everyCapability,
} from '../../../../../src/runtime/container/capabilities.ts'
import {seccompFilter} from '../../../../../src/runtime/container/seccomp/filter.ts'
import {isSyscallName, syscallNumbers} from '../../../../../src/runtime/container/seccomp/numbers.ts'
import {namesInProfile} from '../../../../../src/runtime/container/seccomp/profile.ts'
import {runFilter} from './interpreter.ts'

const x64 = 0xc000003e
const arm64 = 0xc00000b7
const answers: Record<number, string> = {2147418112: 'allow', 327681: 'EPERM', 327718: 'ENOSYS'}

const asked = (options: {capabilities?: bigint; mayMakeDevices?: boolean; on?: 'x64' | 'arm64'} = {}) => {
  const on = options.on ?? 'x64'
  const program = seccompFilter(on, {
    capabilities: options.capabilities ?? defaultCapabilities,
    mayMakeDevices: options.mayMakeDevices ?? true,
  })
  return (name: string | number, ...args: (number | bigint)[]): string | undefined => {
    const number = typeof name === 'number' ? name : syscallNumbers(on).get(name)!
    const data = {number, architecture: on === 'x64' ? x64 : arm64, arguments: args.map(BigInt)}
    return answers[runFilter(program, data)]
  }
}

describe('the default filter', () => {
  test.each(['read', 'execve', 'openat', 'ptrace', 'chroot', 'file_getattr', 'futex_waitv', 'rseq'])(
    'lets %s through',
    name => {
      expect(asked()(name)).toBe('allow')
    },
  )

  test.each([
    'mount',
    'umount2',
    'bpf',
    'keyctl',
    'unshare',
    'setns',
    'reboot',
    'kexec_load',
    'io_uring_setup',
    'init_module',
    'open_by_handle_at',
    'userfaultfd',
    'syslog',
    'settimeofday',
  ])('refuses %s', name => {
    expect(asked()(name)).toBe('EPERM')
  })

  test('says that what is newer than its table does not exist, and so does a gap in the numbers', () => {
    expect(asked()(470)).toBe('ENOSYS')
    expect(asked()(999)).toBe('ENOSYS')
    expect(asked()(-1)).toBe('ENOSYS')
    expect(asked()(400)).toBe('ENOSYS')
  })

  test('clone makes no namespaces, and clone3 sends its caller back to clone', () => {
    expect(asked()('clone', 0x00010f00)).toBe('allow')
    for (const flag of [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000]) {
      expect(asked()('clone', flag | 17)).toBe('EPERM')
    }
    expect(asked()('clone3')).toBe('ENOSYS')
  })

  test('knows the personalities that change nothing dangerous', () => {
    for (const each of [0, 8, 0x20000, 0x20008, 0xffffffff]) expect(asked()('personality', each)).toBe('allow')
    expect(asked()('personality', 0x0040000)).toBe('EPERM')
  })

  test('keeps away from the hypervisor', () => {
    expect(asked()('socket', 2)).toBe('allow')
    expect(asked()('socket', 40)).toBe('EPERM')
    expect(asked()('socket', (1n << 32n) | 40n)).toBe('EPERM')
  })

  test('makes device nodes only where a device cgroup guards them', () => {
    const guarded = asked({mayMakeDevices: true})
    const bare = asked({mayMakeDevices: false})
    expect(guarded('mknod', 0, 0x61b6)).toBe('allow')
    expect(bare('mknod', 0, 0x61b6)).toBe('EPERM')
    expect(bare('mknodat', 3, 0, 0x21b6)).toBe('EPERM')
    expect(bare('mknod', 0, 0x11b6)).toBe('allow')
    expect(bare('mknodat', 3, 0, 0x81b6)).toBe('allow')
  })

  test('another architecture and the x32 numbers do not exist', () => {
    const program = seccompFilter('x64', {capabilities: everyCapability, mayMakeDevices: true})
    expect(answers[runFilter(program, {number: 0, architecture: 0x40000003})]).toBe('ENOSYS')
    expect(answers[runFilter(program, {number: 0x40000000, architecture: x64})]).toBe('ENOSYS')
  })

  test('opens with the capability, and only with that one', () => {
    const withTime = asked({capabilities: capabilitiesOf({privileged: false, capAdd: ['SYS_TIME'], capDrop: []})})
    expect(withTime('settimeofday')).toBe('allow')
    expect(withTime('mount')).toBe('EPERM')
    const admin = asked({capabilities: capabilitiesOf({privileged: false, capAdd: ['SYS_ADMIN'], capDrop: []})})
    expect([admin('mount'), admin('clone', 0x20000), admin('clone3'), admin('bpf')]).toEqual(Array(4).fill('allow'))
    const none = asked({capabilities: 0n})
    expect(none('chroot')).toBe('EPERM')
  })

  test('is the same on aarch64', () => {
    const onArm = asked({on: 'arm64'})
    expect([onArm('openat'), onArm('mmap'), onArm('fstat'), onArm('unlinkat')]).toEqual(Array(4).fill('allow'))
    expect([onArm('mount'), onArm('clone', 0x20000), onArm('clone3')]).toEqual(['EPERM', 'EPERM', 'ENOSYS'])
    expect(onArm(300)).toBe('ENOSYS')
  })

  test('every number of the table gets the answer of its name', () => {
    const ask = asked()
    for (const [name, number] of syscallNumbers('x64')) expect(ask(number), name).toBe(ask(name))
  })

  test('is smaller than the kernel allows', () => {
    expect(seccompFilter('x64', {capabilities: 0n, mayMakeDevices: false}).length / 8).toBeLessThan(4096)
  })
})

test('every name in the profile is a system call', () => {
  expect(namesInProfile.filter(each => !isSyscallName(each))).toEqual([])
})
