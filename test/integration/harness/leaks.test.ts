import {execFileSync, spawn} from 'node:child_process'
import {mkdirSync, rmdirSync, rmSync} from 'node:fs'
import {afterEach, expect, test} from 'vitest'
import {leftBehind, whatIsThere} from '../../support/leaks.ts'
import {eventually} from '../../support/stack.ts'

const undo: Array<() => unknown> = []
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each()
})

const run = (line: string) => execFileSync('sh', ['-c', line])

/** What the check says of one thing that is done and not undone. */
function leaks(action: () => void, back: () => unknown): string[] {
  const before = whatIsThere()
  undo.push(back)
  action()
  return leftBehind(before, whatIsThere())
}

const made = (line: string, back: string): string[] =>
  leaks(
    () => run(line),
    () => run(back),
  )

test('a link', () => {
  expect(made('ip link add leak0 type bridge', 'ip link delete leak0')).toEqual(['link leak0'])
})

test('a mount', () => {
  expect(made('mount -t tmpfs leak /mnt', 'umount /mnt')).toEqual(['mount /mnt'])
})

test('a table of nft', () => {
  expect(made('nft add table ip leak', 'nft delete table ip leak')).toEqual(['nft table ip leak'])
})

test('a cgroup, below ours only', () => {
  const tree =
    `/sys/fs/cgroup/${execFileSync('sh', ['-c', 'cd /sys/fs/cgroup; ls -d pids 2>/dev/null || echo .'])}`.trim()
  const parent = `${tree}/${process.env.STACK_CGROUP_PARENT}`
  mkdirSync(parent, {recursive: true})
  const left = leaks(
    () => mkdirSync(`${parent}/leak`),
    () => rmdirSync(`${parent}/leak`),
  )
  expect(left).toEqual([`cgroup ${parent}/leak`])
})

test('a process, and the network namespace that only it is in', async () => {
  const before = whatIsThere()
  const child = spawn('unshare', ['--net', 'sleep', '602'])
  undo.push(() => child.kill('SIGKILL'))
  const left = await eventually(() => {
    const seen = leftBehind(before, whatIsThere())
    return seen.length === 2 && seen.some(line => line.endsWith(' sleep 602')) && seen
  })
  expect(left).toEqual([expect.stringMatching(/^network namespace net:\[\d+\]$/), `process ${child.pid} sleep 602`])
})

test('a container’s record and its run files, and a temporary file; not what the next one uses', () => {
  const left = ['/var/lib/stack/containers/leak', '/run/stack/leak', '/tmp/leak']
  const seen = leaks(
    () => [...left, '/var/lib/stack/images/kept'].map(path => mkdirSync(path, {recursive: true})),
    () => [...left, '/var/lib/stack/images/kept'].map(path => rmSync(path, {recursive: true})),
  )
  expect(seen.sort()).toEqual(left.map(path => `file ${path}`).sort())
})
