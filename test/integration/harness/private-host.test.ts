import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, mkdirSync, readdirSync, rmdirSync} from 'node:fs'
import {text} from 'node:stream/consumers'
import {expect, test} from 'vitest'
import {processes} from '../../support/leaks.ts'
import {eventually} from '../../support/stack.ts'

/** A host in this host: without the variable it does not know where it is. */
function host(script: string): ChildProcess {
  const {STACK_PRIVATE_HOST: _, ...env} = process.env
  return spawn('scripts/private-host', ['bash', '-c', script], {env, stdio: ['pipe', 'pipe', 'pipe']})
}

async function end(child: ChildProcess) {
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'close')])
  return {stdout, stderr, code}
}

const cgroupsOf = (child: ChildProcess): string[] =>
  readdirSync('/sys/fs/cgroup')
    .map(tree => `/sys/fs/cgroup/${tree}/stack-test-${child.pid}`)
    .filter(existsSync)

test.each([
  ['the command’s own code', 'exit 42', 42],
  ['a signal’s number', 'kill -9 $$', 137],
  ['a program that is not there', 'exec nonesuch-program', 127],
])('ends with %s', async (_, script, code) => {
  expect(await end(host(script))).toMatchObject({code})
})

test('standard input and output are the command’s', async () => {
  const child = host('tr a-z A-Z')
  child.stdin!.end('read me')
  expect(await end(child)).toMatchObject({code: 0, stdout: 'READ ME'})
})

test('the network, state and temporary files are its own', async () => {
  const ours = ['/run/stack/ours', '/var/lib/stack/ours', '/tmp/ours']
  for (const path of ours) mkdirSync(path, {recursive: true})
  try {
    const {stdout} = await end(host(`ls /sys/class/net; ls -d ${ours.join(' ')} 2>/dev/null`))
    expect(stdout).toBe('lo\n')
  } finally {
    for (const path of ours) rmdirSync(path)
  }
})

test.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)('%s reaches the command, whose code counts', async signal => {
  const child = host(`trap 'exit 9' ${signal.slice(3)}; echo ready; for i in {1..100}; do sleep 0.1; done`)
  await once(child.stdout!, 'data')
  child.kill(signal)
  expect(await end(child)).toMatchObject({code: 9})
})

test('what is left is named and counts as a failure', async () => {
  const {code, stderr} = await end(
    host('ip link add left0 type bridge; nft add table ip left1; touch /tmp/left2; sleep 600 & disown'),
  )
  expect(code).toBe(70)
  for (const line of ['link left0', 'nft table ip left1', 'file /tmp/left2', /process \d+ sleep 600/])
    expect(stderr).toMatch(line)
})

test('a cgroup that is left is named, counts as a failure, and is removed', async () => {
  const tree = readdirSync('/sys/fs/cgroup').includes('pids') ? '/sys/fs/cgroup/pids' : '/sys/fs/cgroup'
  const child = host(`mkdir -p ${tree}/$STACK_CGROUP_PARENT/left`)
  const {code, stderr} = await end(child)
  expect([code, stderr]).toEqual([70, expect.stringContaining('left behind: cgroup')])
  expect(cgroupsOf(child)).toEqual([])
})

test('where it is killed, nothing of it stays', async () => {
  const tree = readdirSync('/sys/fs/cgroup').includes('pids') ? '/sys/fs/cgroup/pids' : '/sys/fs/cgroup'
  const child = host(
    `d=${tree}/$STACK_CGROUP_PARENT/left; mkdir -p $d; echo $$ > $d/cgroup.procs; echo ready; sleep 601`,
  )
  await once(child.stdout!, 'data')
  expect(cgroupsOf(child)).toHaveLength(1)
  child.kill('SIGKILL')
  await eventually(() => cgroupsOf(child).length === 0)
  await eventually(() => !processes().some(({args}) => args.includes('sleep 601')))
})

test('two at once do not meet', async () => {
  const both = ['a', 'b'].map(() => end(host('ip link add same0 type bridge && sleep 0.3 && ip link delete same0')))
  expect((await Promise.all(both)).map(each => each.code)).toEqual([0, 0])
})
