import {execFileSync} from 'node:child_process'
import {existsSync, readFileSync, rmSync, statSync} from 'node:fs'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {Box, eventually} from './box.ts'

let box: Box
beforeEach(() => {
  box = new Box()
})
afterEach(() => box[Symbol.asyncDispose]())

describe('the log', () => {
  test('has a line of JSON for each line, with its stream and time', async () => {
    const before = Date.now()
    await box.output('echo one; echo two >&2; printf "three without an end"')
    expect(box.entries().map(({log, stream}) => [stream, log])).toEqual(
      expect.arrayContaining([
        ['stdout', 'one\n'],
        ['stderr', 'two\n'],
        ['stdout', 'three without an end'],
      ]),
    )
    for (const {time} of box.entries()) {
      expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/)
      expect(Date.parse(time)).toBeGreaterThanOrEqual(before - 1)
      expect(Date.parse(time)).toBeLessThanOrEqual(Date.now() + 1)
    }
  })

  test('escapes what JSON must, keeps characters, replaces what is none', async () => {
    await box.output(String.raw`printf 'a"b\\c\td\001e\rf é€😀 \377\300\200 \355\240\200\n'`)
    expect(box.log()).toBe('a"b\\c\td\u0001e\rf é€😀 \uFFFD\uFFFD\uFFFD \uFFFD\uFFFD\uFFFD\n')
  })

  test('splits lines over 16 KiB, not inside a character', async () => {
    await box.output('yes é | head -n 20000 | tr -d "\\n"; echo')
    const entries = box.entries().map(each => each.log)
    expect(entries.join('')).toBe(`${'é'.repeat(20000)}\n`)
    expect(entries.slice(0, -1).every(each => !each.endsWith('\n') && Buffer.byteLength(each) <= 16384)).toBe(true)
    expect(entries.length).toBe(3)
  })

  test('a character that comes in two writes is one', async () => {
    await box.output(String.raw`printf 'x\303'; sleep 0.05; printf '\251\n'`)
    expect(box.log()).toBe('xé\n')
  })

  test('is rotated between entries, none lost, so many files in all', async () => {
    await box.output('i=0; while [ $i -lt 200 ]; do echo line $i; i=$((i+1)); done', {
      monitor: [['log', box.path('log'), '4000', '3']],
    })
    const files = ['log.2', 'log.1', 'log'].filter(each => existsSync(box.path(each)))
    expect(files).toEqual(['log.2', 'log.1', 'log'])
    expect(existsSync(box.path('log.3'))).toBe(false)
    for (const each of files) expect(statSync(box.path(each)).size).toBeLessThanOrEqual(4000)
    const lines = files.flatMap(each => box.entries(each).map(entry => entry.log))
    const first = 200 - lines.length
    expect(lines).toEqual(Array.from({length: lines.length}, (_, at) => `line ${first + at}\n`))
    expect(lines.length).toBeGreaterThan(80)
  })

  test('of one file begins anew', async () => {
    await box.output('i=0; while [ $i -lt 100 ]; do echo line $i; i=$((i+1)); done', {
      monitor: [['log', box.path('log'), '2000', '1']],
    })
    expect(existsSync(box.path('log.1'))).toBe(false)
    expect(box.entries().at(-1)?.log).toBe('line 99\n')
    expect(statSync(box.path('log')).size).toBeLessThanOrEqual(2000)
  })

  test('that cannot be written to does not hold the program up', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', box.path('work')])
    try {
      execFileSync('mkdir', [box.path('work/w'), box.path('work/u')])
      const steps = box
        .steps(['sh', '-c', 'yes | head -c 3000000; echo last; exit 4'])
        .map(step => (step[0] === 'log' ? (['log', box.path('work/log'), '0', '1'] as const) : step))
        .map(step =>
          step[0] === 'overlay' ? (['overlay', '/', '', '', box.path('root'), box.path('upper')] as const) : step,
        )
        .filter(step => !['mount', 'device', 'symlink'].includes(step[0]))
      await box.run(steps)
      expect(await box.ended()).toMatchObject({code: 4})
      // What is there can be read: no entry is half.
      const entries = box.entries('work/log')
      expect(entries.length).toBeGreaterThan(100)
    } finally {
      // The monitor has the log open until then.
      await eventually(() => !existsSync(box.control), 'the monitor leaves')
      rmSync(box.path('work/log'), {force: true})
      execFileSync('umount', [box.path('work')])
    }
  })

  test('is complete by the time that the exit is there', async () => {
    await box.sh('yes 0123456789 | head -n 30000', {monitor: [['log', box.path('log'), '0', '1']]})
    await eventually(() => existsSync(box.path('exit')), 'it ends')
    expect(box.entries().length).toBe(30000)
  })

  test('of a terminal is one stream', async () => {
    const output = await box.output('tty; stty size; echo to stderr >&2', {monitor: [['tty', '33', '77']]})
    expect(output).toBe('/dev/pts/0\r\n33 77\r\nto stderr\r\n')
    expect(new Set(box.entries().map(each => each.stream))).toEqual(new Set(['stdout']))
  })
})

describe('the end', () => {
  test.each([
    ['exit 0', 0, 0],
    ['exit 42', 42, 0],
    ['kill -SEGV $$; sleep 5', 139, 11],
  ])('%s', async (script, code, signal) => {
    // As process 1 it could not kill itself.
    const before = Date.now()
    const steps = {monitor: [['namespaces', 'mount', 'ipc', 'uts', 'cgroup', 'net'] as const], inside: []}
    await box.sh(script, steps)
    const ended = await box.ended()
    expect(ended).toMatchObject({code, signal, oom: false})
    const record = JSON.parse(box.read('exit'))
    expect(record).toEqual(ended)
    expect(record.startedAt).toBeGreaterThanOrEqual(before)
    expect(record.finishedAt).toBeGreaterThanOrEqual(record.startedAt)
    expect(existsSync(box.path('exit.tmp'))).toBe(false)
  })

  test.each([
    ['oom 0\noom_kill 0\n', false],
    ['low 0\noom 1\noom_kill 2\n', true],
    ['oom_kill_disable 0\nunder_oom 0\noom_kill 1\n', true],
  ])('out of memory is what the cgroup says: %j', async (text, oom) => {
    execFileSync('sh', ['-c', `cat > ${box.path('events')}`], {input: text})
    await box.sh('exit 1', {monitor: [['oom-file', box.path('events')]]})
    expect(await box.ended()).toMatchObject({code: 1, oom})
  })

  test('what an earlier run left is not taken for its own', async () => {
    await box.sh('exit 3')
    await box.ended()
    await eventually(() => !existsSync(box.control), 'the first monitor leaves')
    await box.sh('sleep 60')
    expect(existsSync(box.path('exit'))).toBe(false)
  })

  test('its socket and pid file are gone when the monitor is', async () => {
    await box.sh('true')
    await box.ended()
    await eventually(() => !existsSync(box.control) && !existsSync(box.path('pid')), 'they are gone')
    expect(readFileSync(box.path('exit'), 'utf8')).toContain('"code":0')
  })
})
