import {mkdtempSync, readFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {native} from '../../../src/native/binding.ts'

const sh = (script: string, input = new Uint8Array(), log = '/dev/null') =>
  native().runProgram({
    file: '/bin/sh',
    args: ['-c', script],
    env: ['GREETING=hello', 'PATH=/usr/bin:/bin'],
    input,
    log,
  })

test('it gives what was written to descriptor 3 and the exit status', async () => {
  expect(await sh('echo "$GREETING" >&3; exit 7')).toEqual({output: 'hello\n', status: 7})
})

test('a signal is 128 and its number', async () => {
  expect(await sh('kill -KILL $$')).toEqual({output: '', status: 137})
})

test('exactly descriptors 0 to 3 are open', async () => {
  const {output} = await sh('busybox ls -l /proc/self/fd >&3')
  const numbers = [...output.matchAll(/ (\d+) -> /g)].map(each => each[1])
  expect(numbers).toEqual(['0', '1', '2', '3'])
})

test('no signal is ignored or blocked', async () => {
  const {output} = await sh('grep -E "Sig(Blk|Ign)" /proc/self/status >&3')
  // Glibc leaves its two own, 32 and 33, ignored in what posix_spawn starts.
  expect(output).toMatch(/SigBlk:\s+0{16}\s+SigIgn:\s+0{7}(?:180000000|0{9})/)
})

test('it waits until all that hold descriptor 3 have closed it', async () => {
  expect((await sh('(busybox sleep 0.2; echo late >&3) & echo early >&3')).output).toBe('early\nlate\n')
})

test('an input larger than any pipe goes in while as much comes out', async () => {
  const input = Buffer.alloc(3_000_000, 'x')
  const {output, status} = await sh('cat >&3', input)
  expect([output.length, status]).toEqual([input.length, 0])
})

test('a program that reads nothing is no error', async () => {
  expect(await sh('echo done >&3', Buffer.alloc(3_000_000))).toEqual({output: 'done\n', status: 0})
})

test('stdout and stderr are appended to the log', async () => {
  const log = join(mkdtempSync(join(tmpdir(), 'vitest-log-')), 'log')
  await sh('echo one; echo two >&2', undefined, log)
  await sh('echo three', undefined, log)
  expect(readFileSync(log, 'utf8')).toBe('one\ntwo\nthree\n')
})

test('a program that is not there is ENOENT by name', async () => {
  const run = native().runProgram({file: '/nonesuch', args: [], env: [], input: new Uint8Array(), log: '/dev/null'})
  await expect(run).rejects.toMatchObject({
    code: 'ENOENT',
    message: 'start program /nonesuch: No such file or directory (ENOENT)',
  })
})
