import {afterAll, beforeAll, expect, test} from 'vitest'
import {Machine} from './machine.ts'

let machine: Machine
beforeAll(async () => {
  machine = await Machine.start()
})
afterAll(() => machine[Symbol.asyncDispose]())

const seccomp = (profile: object) => ({host: {securityOpt: [`seccomp=${JSON.stringify(profile)}`]}})

test('a seccomp profile of one’s own: its errors, its comparisons, and nothing of ours', async () => {
  const profile = {
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [
      {names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 28},
      {names: ['kill'], action: 'SCMP_ACT_ERRNO', args: [{index: 1, value: 10, op: 'SCMP_CMP_EQ'}]},
    ],
  }
  const script =
    'mkdir /x; kill -10 $$; trap "echo two" USR2; kill -12 $$; grep Seccomp: /proc/self/status; unshare -U echo three'
  const id = await machine.run(`exec 2>&1; ${script}; sleep 60`, seccomp(profile))
  await machine.prints(id, 'three')
  const text = await machine.log(id)
  expect(text).toMatch(/mkdir.*No space left on device/)
  expect(text).toMatch(/can't kill.*Operation not permitted/)
  expect(text).toMatch(/two\nSeccomp:\t2\nthree/)
  expect((await machine.exec(id, ['mkdir', '/y'])).stderr).toMatch(/No space left/)
  await machine.containers.stop(id, {signal: 9, grace: 0})
})

/** What busybox's cat needs, and of the monitor's own system calls only capset and execve. */
const strictNames = `execve exit_group read write open openat close mmap mprotect munmap brk arch_prctl fstat stat lstat
  newfstatat getuid geteuid getgid setuid setgid getpid getppid getcwd ioctl rt_sigaction rt_sigreturn set_tid_address
  set_robust_list rseq capget capset wait4 kill readlink uname prlimit64 getrandom lseek fcntl sendfile dup2`.split(
  /\s+/,
)
const strict = {defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{names: strictNames, action: 'SCMP_ACT_ALLOW'}]}

test.each([
  {as: 'root', user: '', more: [], init: false, rights: '00000000a80425fb'},
  {as: 'another user', user: 'web', more: [], init: false, rights: '0000000000000000'},
  {as: 'nobody who gains', user: 'web', more: ['no-new-privileges'], init: false, rights: '0000000000000000'},
  {as: 'a child of init', user: 'web', more: [], init: true, rights: '0000000000000000'},
])('a strict profile need not know what the monitor does, as $as', async ({user, more, init, rights}) => {
  const text = await machine.output('/proc/self/status', {
    config: {entrypoint: ['/bin/cat'], user},
    host: {init, securityOpt: [...more, `seccomp=${JSON.stringify(strict)}`]},
  })
  expect(text).toMatch(new RegExp(`\nCapPrm:\t${rights}\nCapEff:\t${rights}\n`))
  expect(text).toContain('\nSeccomp:\t2\n')
})

test('a profile that kills', async () => {
  const profile = {
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [{names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_KILL_PROCESS'}],
  }
  const id = await machine.run('exec mkdir /x', seccomp(profile))
  expect(await machine.ended(id)).toMatchObject({signal: 31, code: 159})
})

test('a profile that cannot be honoured is refused before anything is made', async () => {
  await expect(machine.run('true', seccomp({defaultAction: 'SCMP_ACT_NOTIFY'}))).rejects.toThrow(
    'seccomp profile: defaultAction "SCMP_ACT_NOTIFY" is not supported',
  )
})

test('paths that are unmasked, and only those', async () => {
  const script =
    'echo 1 > /proc/sys/net/ipv4/ip_forward && echo wrote; grep -c " /proc/sys " /proc/self/mounts; grep -o " /proc/bus " /proc/self/mounts'
  const text = await machine.output(script, {
    host: {capAdd: ['NET_ADMIN'], securityOpt: ['unmask=/proc/sys:/sys/firmware']},
  })
  expect(text).toBe('wrote\n0\n /proc/bus \n')
  const masked = 'grep -c " /proc/[^/]* " /proc/self/mounts; true'
  expect(await machine.output(masked, {host: {securityOpt: ['systempaths=unconfined']}})).toBe('0\n')
  expect(await machine.output(masked, {host: {maskedPaths: [], readOnlyPaths: ['/proc/bus']}})).toBe('1\n')
})

test('a profile of AppArmor is nothing where there is no AppArmor', async () => {
  expect(await machine.output('echo runs', {host: {securityOpt: ['apparmor=mine', 'label=type:x']}})).toBe('runs\n')
})

test('groups that are added, by name and by number', async () => {
  const text = await machine.output('id -u; id -G', {config: {user: 'web:www'}, host: {groupAdd: ['extra', '4711']}})
  expect(text).toBe('33\n34 50 4711\n')
  await expect(machine.run('true', {host: {groupAdd: ['nobodies']}})).rejects.toThrow('unable to find group "nobodies"')
})

test('init has no more rights than the program', async () => {
  const text = await machine.output('sleep 0.2; grep -E "^(Cap|Seccomp:)" /proc/1/status', {host: {init: true}})
  expect(text).toMatch(/CapPrm:\t00000000a80425fb\nCapEff:\t00000000a80425fb\n[\s\S]*Seccomp:\t2\n/)
  const other = await machine.output('sleep 0.2; grep -E "^(Cap|Seccomp:)" /proc/1/status', {
    config: {user: 'web'},
    host: {init: true},
  })
  expect(other).toMatch(/CapPrm:\t0{16}\nCapEff:\t0{16}\n[\s\S]*Seccomp:\t2\n/)
})

test('init is process 1, passes signals on and reaps', async () => {
  const id = await machine.run('trap "echo told; exit 3" TERM; (sleep 0.01 &); echo $$; while :; do sleep 0.1; done', {
    host: {init: true},
  })
  await machine.prints(id, '2')
  await machine.containers.stop(id, {signal: 15, grace: 10_000})
  expect(await machine.log(id)).toBe('2\ntold\n')
  expect((await machine.ended(id)).code).toBe(3)
})

test('a terminal, and an input that stays open', async () => {
  const id = await machine.run('tty; stty size; read word; echo got $word', {config: {tty: true, openStdin: true}})
  const stream = await machine.containers.attach(id, {stdin: true})
  await machine.prints(id, '24 80')
  stream.io.write('one\n')
  await machine.ended(id)
  expect(await machine.log(id)).toMatch(/^\/dev\/pts\/0\r\n24 80\r\n[\s\S]*got one\r\n$/)
  const closed = await machine.output('read word || echo nothing; test -t 0 || echo plain')
  expect(closed).toBe('nothing\nplain\n')
})
