import {expect, test, vi} from 'vitest'
import {Follower} from '../../../src/cli/follow.ts'
import type {End} from '../../../src/cli/followed.ts'
import type {ActualContainer, LogOptions} from '../../../src/engine/engine.ts'
import {LogPrinter} from '../../../src/ui/logs.ts'
import {createStyle} from '../../../src/ui/style.ts'
import {Sink} from '../ui/sink.ts'
import {container, EventSource, engineWith, Log} from './support.ts'

function followed(...services: string[]) {
  return following(services)
}

function following(services: readonly string[], more: {readonly stays?: boolean} = {}) {
  const states = new Map<string, ActualContainer>(services.map(service => [container(service).id, container(service)]))
  const logs = new Map([...states.keys()].map(id => [id, new Log()]))
  const source = new EventSource()
  const out = new Sink()
  const looks: string[] = []
  const stop = new AbortController()
  const exited = vi.fn<(end: End) => void>()
  const engine = engineWith({
    inspectContainer: async id => {
      looks.push(id)
      return states.get(id)
    },
    logs: (id, options: LogOptions) => logs.get(id)!.read(options),
    events: source.events,
  })
  const printer = new LogPrinter(
    {stdout: out, stderr: out, style: createStyle(false), prefix: true},
    services.map(each => `${each}-1`),
  )
  const follower = new Follower({
    engine,
    project: 'shop',
    printer,
    reading: {tail: 5},
    wants: ({service}) => service !== 'unwanted',
    exited,
    signal: stop.signal,
    ...more,
  })
  const set = (service: string, changes: Partial<ActualContainer>) => {
    const next = container(service, changes)
    states.set(next.id, next)
    if (!logs.has(next.id)) logs.set(next.id, new Log())
    return next
  }
  return {
    follower,
    set,
    drop: (service: string) => states.delete(container(service).id),
    log: (service: string) => logs.get(container(service).id)!,
    source,
    out,
    stop,
    exited,
    looks,
    all: () => services.map(each => container(each)),
  }
}

test('what containers write is printed until all have ended, each with its code', async () => {
  const {follower, set, log, out, exited, all} = followed('web', 'db')
  const done = follower.follow(all())
  log('web').write('hello\n')
  log('db').write('ready\n')
  await vi.waitUntil(() => out.text.includes('hello') && out.text.includes('ready'))
  set('web', {status: 'exited', exitCode: 3})
  await log('web').end()
  await vi.waitUntil(() => out.text.includes('web-1 exited with code 3\n'))
  set('db', {status: 'exited'})
  await log('db').end()
  await done
  expect(out.text).toContain('web-1  | hello\n')
  expect(out.text).toContain('db-1   | ready\n')
  expect(out.text.endsWith('db-1 exited with code 0\n')).toBe(true)
  expect(exited.mock.calls.map(([each]) => each.service)).toEqual(['web', 'db'])
  expect(log('web').asked).toMatchObject([{tail: 5, follow: true}])
})

test('a container that is restarted is followed on, from its new start', async () => {
  const {follower, set, log, source, out, all} = followed('web')
  const done = follower.follow(all())
  await vi.waitUntil(() => log('web').asked.length === 1)
  set('web', {status: 'restarting', exitCode: 1})
  await log('web').end()
  await vi.waitUntil(() => out.text.includes('web-1 exited with code 1 (restarting)\n'))
  source.send('start', set('web', {startedAt: 9000}))
  await vi.waitUntil(() => log('web').asked.length === 2)
  log('web').write('again\n')
  await vi.waitUntil(() => out.text.includes('web-1  | again\n'))
  set('web', {startedAt: 9000, status: 'exited'})
  await log('web').end()
  await done
  expect(log('web').asked[1]).toMatchObject({since: 9000})
})

test('its own first start is not printed twice', async () => {
  const {follower, set, log, source, out, all} = followed('web')
  const done = follower.follow(all())
  source.send('start', container('web'))
  await vi.waitUntil(() => log('web').asked.length === 1)
  log('web').write('once\n')
  await vi.waitUntil(() => out.text.includes('once'))
  set('web', {status: 'exited'})
  await log('web').end()
  await done
  expect(log('web').asked).toHaveLength(1)
})

test('a container that is made meanwhile is followed too, if it is wanted', async () => {
  const {follower, set, log, source, out, stop, all} = followed('web')
  const done = follower.follow(all())
  source.send('start', set('unwanted', {}))
  source.send('start', set('late', {}))
  await vi.waitUntil(() => log('late').asked.length === 1)
  log('late').write('hi\n')
  await vi.waitUntil(() => out.text.includes('late-1  | hi\n'))
  expect(log('unwanted').asked).toEqual([])
  stop.abort()
  await done
})

/** After the follower has been made: of such runs it waits for events. */
const soon = Date.now() + 60_000

test('one that runs again before anybody has looked has ended all the same, with its own code', async () => {
  const {follower, set, log, source, out, exited, all} = followed('web')
  const done = follower.follow(all())
  await vi.waitUntil(() => log('web').asked.length === 1)
  log('web').write('one\n')
  const again = set('web', {startedAt: soon + 9000, status: 'exited', exitCode: 4})
  await log('web').end()
  await new Promise(resolve => setTimeout(resolve, 20))
  expect(out.text).toBe('web-1  | one\n')
  source.send('die', again, {at: soon + 8999, exitCode: 3})
  source.send('start', again, {at: soon + 9001})
  await vi.waitUntil(() => log('web').asked.length === 2)
  log('web').write('two\n')
  await log('web').end()
  await done
  expect(out.text).toBe('web-1  | one\nweb-1 exited with code 3\nweb-1  | two\nweb-1 exited with code 4\n')
  expect(log('web').asked[1]).toMatchObject({since: soon + 9000, follow: true})
  expect(exited.mock.calls.map(([{exitCode}]) => exitCode)).toEqual([3, 4])
})

test('runs that came and went between two looks are printed, each with its end', async () => {
  const {follower, set, log, source, out, exited, stop} = following([], {stays: true})
  const done = follower.follow([])
  const last = set('late', {startedAt: soon + 9000, restarts: 2})
  source.send('die', last, {at: soon + 7000, exitCode: 1})
  source.send('start', last, {at: soon + 7001})
  source.send('die', last, {at: soon + 8000, exitCode: 2})
  source.send('start', last, {at: soon + 9001})
  for (const [index, text] of ['one\n', 'two\n'].entries()) {
    await vi.waitUntil(() => log('late').asked.length === index + 1)
    log('late').write(text)
    await log('late').end()
  }
  await vi.waitUntil(() => log('late').asked.length === 3)
  log('late').write('three\n')
  await vi.waitUntil(() => out.text.includes('three'))
  stop.abort()
  await done
  expect(out.text).toBe(
    'late-1  | one\nlate-1 exited with code 1 (restarting)\nlate-1  | two\nlate-1 exited with code 2 (restarting)\nlate-1  | three\n',
  )
  expect(log('late').asked).toMatchObject([
    {until: soon + 7001},
    {since: soon + 7001, until: soon + 8001},
    {since: soon + 9000, follow: true},
  ])
  expect(exited).not.toHaveBeenCalled()
})

test('an end that was told is not told again when its event comes, nor when the next one does', async () => {
  const {follower, set, log, source, out, stop, all} = following(['web'], {stays: true})
  const done = follower.follow(all())
  await vi.waitUntil(() => log('web').asked.length === 1)
  const ended = set('web', {status: 'exited', exitCode: 3})
  await log('web').end()
  await vi.waitUntil(() => out.text.includes('exited with code 3'))
  source.send('die', ended, {at: soon + 5000, exitCode: 3})
  source.send('start', set('web', {startedAt: soon + 9000}), {at: soon + 9001})
  await vi.waitUntil(() => log('web').asked.length === 2)
  await log('web').end()
  source.send('die', set('web', {startedAt: soon + 9000, status: 'exited', exitCode: 5}), {
    at: soon + 9500,
    exitCode: 5,
  })
  await vi.waitUntil(() => out.text.includes('exited with code 5'))
  stop.abort()
  await done
  expect(out.text).toBe('web-1 exited with code 3\nweb-1 exited with code 5\n')
})

test('one that is removed as it ends has an end', async () => {
  const {follower, log, source, out, drop, all} = followed('web')
  const done = follower.follow(all())
  await vi.waitUntil(() => log('web').asked.length === 1)
  drop('web')
  await log('web').end()
  source.send('die', container('web'), {at: soon + 5000, exitCode: 137})
  source.send('destroy', container('web'))
  await done
  expect(out.text).toBe('web-1 exited with code 137\n')
})

test('an end that no event tells of keeps nobody waiting for long', async () => {
  const {follower, set, log, out, all} = followed('web')
  const done = follower.follow(all())
  await vi.waitUntil(() => log('web').asked.length === 1)
  set('web', {startedAt: soon + 9000, status: 'exited'})
  await log('web').end()
  await vi.waitUntil(() => log('web').asked.length === 2, {timeout: 5000})
  await log('web').end()
  await done
  expect(out.text).toBe('web-1 exited with code 0\n')
})

test('a container that was removed is over', async () => {
  const {follower, log, out, all} = followed('web')
  const removed = all()
  const done = follower.follow(removed.map(each => ({...each, id: 'gone'})))
  await done
  expect(out.text).toBe('')
  expect(log('web').asked).toEqual([])
})

test('a stream that ends before the engine knows of the end is no end', async () => {
  const {follower, set, log, source, out, all, looks} = followed('web')
  const done = follower.follow(all())
  await vi.waitUntil(() => log('web').asked.length === 1)
  await log('web').end()
  await vi.waitUntil(() => looks.length === 2)
  source.send('die', set('web', {status: 'exited', exitCode: 7}))
  await done
  expect(out.text).toBe('web-1 exited with code 7\n')
})

test('it ends at once when it is told to', async () => {
  const {follower, log, stop, all, out} = followed('web')
  const done = follower.follow(all())
  await vi.waitUntil(() => log('web').asked.length === 1)
  stop.abort()
  await done
  expect(out.text).toBe('')
})

test('what the engine cannot give ends it with the reason', async () => {
  const engine = engineWith({
    inspectContainer: async () => {
      throw new Error('the daemon is gone')
    },
    events: new EventSource().events,
  })
  const printer = new LogPrinter({stdout: new Sink(), stderr: new Sink(), style: createStyle(false), prefix: true})
  const follower = new Follower({
    engine,
    project: 'shop',
    printer,
    reading: {},
    wants: () => true,
    signal: new AbortController().signal,
  })
  await expect(follower.follow([container('web')])).rejects.toThrow('the daemon is gone')
})
