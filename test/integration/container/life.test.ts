import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {eventually, Machine} from './machine.ts'

let machine: Machine
beforeEach(async () => {
  machine = await Machine.start()
})
afterEach(() => machine[Symbol.asyncDispose]())

const state = (id: string) => machine.containers.state(id)
const cgroup = (id: string) =>
  join('/sys/fs/cgroup/memory', process.env.STACK_CGROUP_PARENT ?? 'stack', id.slice(0, 16))
/** The monitor is the parent of the container's first process, as the kernel says. */
const monitorOf = (id: string) =>
  Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${state(id).pid}/status`, 'utf8'))?.[1])

describe('ends', () => {
  test.each([
    ['exit 0', 0, 0],
    ['exit 3', 3, 0],
  ])('%s', async (script, code, signal) => {
    const id = await machine.run(script)
    expect(await machine.ended(id)).toMatchObject({code, signal, oom: false})
    expect(state(id)).toMatchObject({status: 'exited', exitCode: code, pid: 0, error: ''})
    expect(state(id).finishedAt).toBeGreaterThanOrEqual(state(id).startedAt)
    expect(existsSync(cgroup(id))).toBe(false)
  })

  test('by a signal that it does not catch, once stopped', async () => {
    const id = await machine.run('exec sleep 60', {host: {init: true}})
    expect(state(id)).toMatchObject({status: 'running', exitCode: 0})
    await machine.containers.stop(id, {signal: 15, grace: 5000})
    expect(await machine.ended(id)).toMatchObject({code: 143})
  })

  test('by SIGKILL after the grace, when it ignores the signal', async () => {
    const id = await machine.run("trap '' TERM; echo ready; while :; do sleep 1; done")
    await machine.prints(id, 'ready')
    await machine.containers.stop(id, {signal: 15, grace: 100})
    expect(await machine.ended(id)).toMatchObject({code: 137, signal: 9})
  })

  test('out of memory is told', async () => {
    const id = await machine.run('head -c 200m /dev/zero | tail', {
      host: {resources: {memory: 16 << 20, memorySwap: 16 << 20}},
    })
    expect(await machine.ended(id)).toMatchObject({oom: true})
    expect(state(id).oomKilled).toBe(true)
  })

  test('each is told once', async () => {
    const ids = await Promise.all(Array.from({length: 5}, () => machine.run('exit 1')))
    for (const id of ids) await machine.ended(id)
    expect(machine.exits.map(each => each.id).sort()).toEqual(ids.sort())
  })
})

describe('a start that fails', () => {
  test.each([
    [
      'a program that is not there',
      {config: {entrypoint: [], cmd: ['nonesuch']}},
      'program-not-found',
      127,
      /nonesuch/,
    ],
    ['a program that cannot run', {config: {entrypoint: [], cmd: ['/etc/passwd']}}, 'program-not-found', 126, /passwd/],
    ['a user that is not there', {config: {user: 'nobody'}}, 'start-failed', 128, /unable to find user "nobody"/],
    [
      'a bind of nothing',
      {mounts: [{type: 'bind', source: '/nonesuch', target: '/x', readOnly: false}]},
      'start-failed',
      128,
      /nonesuch/,
    ],
    ['a limit that the kernel refuses', {host: {resources: {cpuset: '999'}}}, 'start-failed', 128, /cpuset/],
  ] as const)('%s leaves its reason and nothing else', async (_name, changes, code, exitCode, message) => {
    const id = await machine.create('true', changes as Parameters<Machine['create']>[1])
    await expect(machine.containers.start(id)).rejects.toMatchObject({code})
    expect(state(id)).toMatchObject({status: 'created', exitCode, error: expect.stringMatching(message), pid: 0})
    const paths = machine.paths.container(id)
    expect([existsSync(paths.runDirectory), existsSync(paths.netns), existsSync(cgroup(id))]).toEqual([
      false,
      false,
      false,
    ])
    await machine.crash()
    await machine.load()
    expect(state(id)).toMatchObject({status: 'created', exitCode, error: expect.stringMatching(message)})
    expect(machine.exits).toEqual([])
  })

  test('can be started again once the reason is gone', async () => {
    const source = join(machine.paths.state, 'later')
    const id = await machine.create('cat /x/file', {mounts: [{type: 'bind', source, target: '/x', readOnly: false}]})
    await expect(machine.containers.start(id)).rejects.toThrow()
    const {mkdirSync, writeFileSync} = await import('node:fs')
    mkdirSync(source)
    writeFileSync(join(source, 'file'), 'here')
    await machine.containers.start(id)
    expect(await machine.ended(id)).toMatchObject({code: 0})
    expect(state(id)).toMatchObject({status: 'exited', error: ''})
  })
})

describe('exec', () => {
  test('runs beside, with its code, output, user and directory', async () => {
    const id = await machine.run('sleep 60', {config: {env: ['A=1']}})
    expect(await machine.exec(id, ['sh', '-c', 'echo out; echo err >&2; exit 5'])).toEqual({
      code: 5,
      stdout: 'out\n',
      stderr: 'err\n',
    })
    const {stdout} = await machine.exec(
      id,
      ['sh', '-c', 'id -u; id -g; pwd; echo $A $B $HOME; grep -E "CapEff|Seccomp:" /proc/self/status'],
      {
        user: 'web',
        workingDir: '/tmp',
        env: ['B=2'],
      },
    )
    expect(stdout.split('\n')).toEqual([
      '33',
      '34',
      '/tmp',
      '1 2 /var/www',
      'CapEff:\t0000000000000000',
      'Seccomp:\t2',
      '',
    ])
    const pid = (await machine.exec(id, ['cat', '/proc/self/cgroup'])).stdout
    expect(pid).toMatch(/:memory:\/$/m)
  })

  test('says 127 for what is not there and 126 for what cannot run', async () => {
    const id = await machine.run('sleep 60')
    await expect(machine.exec(id, ['nonesuch'])).rejects.toMatchObject({exitCode: 127})
    await expect(machine.exec(id, ['/etc/passwd'])).rejects.toMatchObject({exitCode: 126})
  })

  test('reads stdin to its end, and has a terminal where asked', async () => {
    const id = await machine.run('sleep 60')
    const stream = await machine.containers.exec(id, {
      command: ['cat'],
      env: [],
      user: '',
      workingDir: '',
      tty: false,
      stdin: true,
      privileged: false,
    })
    stream.io.end('typed')
    const chunks: Buffer[] = []
    for await (const chunk of stream.io) chunks.push(chunk as Buffer)
    expect(Buffer.concat(chunks).subarray(8).toString()).toBe('typed')
    expect(await stream.exited).toEqual({code: 0})
    const terminal = await machine.exec(id, ['sh', '-c', 'tty; stty size; echo $TERM'], {
      tty: true,
      size: {rows: 33, columns: 111},
    })
    expect(terminal).toEqual({code: 0, stdout: '/dev/pts/0\r\n33 111\r\nxterm\r\n', stderr: ''})
  })

  test('needs a running container', async () => {
    const id = await machine.create('true')
    await expect(machine.exec(id, ['true'])).rejects.toMatchObject({code: 'conflict'})
  })
})

describe('output', () => {
  test('nothing of a held container’s is missed by who attaches before it is released', async () => {
    const id = await machine.create('echo first; cat', {config: {openStdin: true, stdinOnce: true}})
    await machine.containers.start(id, {hold: true})
    const stream = await machine.containers.attach(id, {stdin: true})
    await machine.containers.release(id)
    stream.io.end('second\n')
    const chunks: Buffer[] = []
    for await (const chunk of stream.io) chunks.push(chunk as Buffer)
    expect(Buffer.concat(chunks).toString()).toMatch(/first\n[\s\S]*second\n/)
    expect(await stream.exited).toEqual({code: 0})
  })

  test('a held program that cannot run fails at its release, like a start', async () => {
    const id = await machine.create('', {config: {entrypoint: [], cmd: ['/bin/not-a-program']}})
    await machine.containers.start(id, {hold: true})
    await expect(machine.containers.release(id)).rejects.toMatchObject({exitCode: 126})
    expect(machine.exits).toEqual([])
    expect(state(id)).toMatchObject({status: 'created', exitCode: 126, error: expect.stringMatching(/not-a-program/)})
    expect([existsSync(machine.paths.container(id).netns), existsSync(cgroup(id))]).toEqual([false, false])
  })

  test('is followed over rotations to the end', async () => {
    const log = {maxSize: 4000, maxFiles: 3}
    const id = await machine.run(
      'i=0; while [ $i -lt 300 ]; do echo line $i; i=$((i+1)); [ $((i % 20)) = 0 ] && sleep 0.02; done',
      {host: {log}},
    )
    const seen: string[] = []
    for await (const {text} of machine.containers.logs(id, {follow: true, stdout: true, stderr: true})) seen.push(text)
    expect(seen.at(-1)).toBe('line 299\n')
    const numbers = seen.map(each => Number(each.slice(5)))
    expect(numbers).toEqual(Array.from({length: 300 - numbers[0]!}, (_, index) => numbers[0]! + index))
    const files = readdirSync(dirname(machine.paths.container(id).log)).filter(each => /^log/.test(each))
    expect(files.sort()).toEqual(['log', 'log.1', 'log.2'])
    const last: string[] = []
    for await (const {text} of machine.containers.logs(id, {follow: false, stdout: true, stderr: true, tail: 3}))
      last.push(text)
    expect(last).toEqual(['line 297\n', 'line 298\n', 'line 299\n'])
  })

  test('is followed to its end and no further, however slow the reader and soon the next start', async () => {
    const id = await machine.run('echo one of $$; echo two; sleep 0.1')
    const lines = machine.containers.logs(id, {follow: true, stdout: true, stderr: true})[Symbol.asyncIterator]()
    const first = await lines.next()
    await machine.ended(id)
    await machine.containers.start(id)
    await eventually(() => machine.exits.length === 2, 'it has run twice')
    const seen = [first.value]
    for (let next = await lines.next(); !next.done; next = await lines.next()) seen.push(next.value)
    expect(seen.map(each => each?.text)).toEqual([expect.stringMatching(/^one/), 'two\n'])
    expect((await machine.log(id)).match(/one/g)).toHaveLength(2)
  })
})

describe('while it runs', () => {
  test('it can be paused, asked what it uses, and continued', async () => {
    const id = await machine.run('while :; do :; done')
    await machine.containers.pause(id)
    expect(state(id).status).toBe('paused')
    await expect(machine.exec(id, ['true'])).rejects.toMatchObject({code: 'conflict'})
    const before = await machine.containers.stats(id)
    await new Promise(resolve => setTimeout(resolve, 100))
    expect((await machine.containers.stats(id)).cpuTotal).toBe(before.cpuTotal)
    await machine.containers.resume(id)
    await eventually(
      async () => (await machine.containers.stats(id)).cpuTotal > before.cpuTotal,
      'it uses the cpu again',
    )
    const stats = await machine.containers.stats(id)
    expect(stats).toMatchObject({pids: 1, onlineCpus: expect.any(Number), networks: {}})
    expect(stats.memoryUsage).toBeGreaterThan(0)
    expect(stats.systemCpu).toBeGreaterThan(stats.cpuTotal)
    expect(await machine.containers.processes(id)).toEqual([state(id).pid])
  })

  test('it can be stopped while paused', async () => {
    const id = await machine.run('sleep 60')
    await machine.containers.pause(id)
    await machine.containers.stop(id, {signal: 15, grace: 100})
    expect(state(id)).toMatchObject({status: 'exited', exitCode: 137})
  })

  test('what is not possible is said', async () => {
    const id = await machine.run('sleep 60')
    await expect(machine.containers.start(id)).rejects.toMatchObject({code: 'not-modified'})
    await expect(machine.containers.remove(id, {volumes: false})).rejects.toMatchObject({code: 'conflict'})
    await expect(machine.containers.resume(id)).rejects.toMatchObject({code: 'conflict'})
    expect(() => machine.containers.state('nonesuch')).toThrow('no such container')
  })

  test('another container can share its network', async () => {
    const id = await machine.run('sleep 60')
    const ns = (await machine.exec(id, ['readlink', '/proc/self/ns/net'])).stdout
    const host = {networkMode: `container:${id}`} as const
    expect(await machine.output('readlink /proc/self/ns/net', {host})).toBe(ns)
  })
})

describe('the daemon', () => {
  test('that is new finds what runs, and hears of what ended meanwhile', async () => {
    const running = await machine.run('sleep 60')
    const told = await machine.run('exit 4')
    await machine.ended(told)
    const paused = await machine.run('sleep 60')
    await machine.containers.pause(paused)
    const unseen = await machine.run('cat /go; sleep 0.1; exit 7', {mounts: []})
    const {pid, startedAt} = state(running)
    machine.exits.length = 0
    await machine.crash()
    await eventually(() => existsSync(machine.paths.container(unseen).exit), 'it ends with no daemon')
    await machine.load()
    expect(state(running)).toMatchObject({status: 'running', pid, startedAt})
    expect(state(paused).status).toBe('paused')
    expect(state(told)).toMatchObject({status: 'exited', exitCode: 4})
    await machine.ended(unseen)
    expect(machine.exits.map(each => [each.id, each.exit.code])).toEqual([[unseen, 7]])
    expect((await machine.exec(running, ['echo', 'still'])).stdout).toBe('still\n')
    await machine.crash()
    await machine.load()
    expect(machine.exits).toHaveLength(1)
  })

  test('says that a container is lost whose monitor was killed, and removes it cleanly', async () => {
    const id = await machine.run('sleep 60')
    const {pid} = state(id)
    process.kill(monitorOf(id), 'SIGKILL')
    expect(await machine.ended(id)).toMatchObject({code: 255})
    expect(state(id)).toMatchObject({status: 'exited', exitCode: 255, error: expect.stringMatching(/lost/)})
    expect(existsSync(`/proc/${pid}`)).toBe(false)
    await machine.containers.remove(id, {volumes: false})
    expect(machine.containers.list()).toEqual([])
  })

  test('says so too where that happened while there was none', async () => {
    const id = await machine.run('sleep 60')
    const monitor = monitorOf(id)
    await machine.crash()
    process.kill(monitor, 'SIGKILL')
    await eventually(() => !existsSync(`/proc/${monitor}/exe`), 'the monitor is gone')
    await machine.load()
    expect(await machine.ended(id)).toMatchObject({code: 255})
    expect(state(id).error).toMatch(/lost/)
    await machine.containers.start(id)
    expect(state(id)).toMatchObject({status: 'running', error: ''})
  })
})

describe('removal', () => {
  test('takes everything of it, anonymous volumes where asked, and may be repeated', async () => {
    for (const name of ['named', 'anonymous'])
      await machine.volumes.create({name, driver: 'local', options: {}, labels: {}})
    const mount = (name: string) =>
      ({
        type: 'volume',
        name,
        anonymous: name === 'anonymous',
        target: `/${name}`,
        readOnly: false,
        nocopy: true,
      }) as const
    const id = await machine.run('true', {mounts: [mount('named'), mount('anonymous')]})
    await machine.ended(id)
    await machine.containers.remove(id, {volumes: true})
    await machine.containers.remove(id, {volumes: true})
    const paths = machine.paths.container(id)
    expect([existsSync(paths.directory), existsSync(paths.netns), existsSync(paths.runDirectory)]).toEqual([
      false,
      false,
      false,
    ])
    expect(machine.volumes.list().map(each => each.name)).toEqual(['named'])
  })

  test('a name can be changed, and stays', async () => {
    const id = await machine.create('true')
    await machine.containers.rename(id, 'other')
    await machine.crash()
    await machine.load()
    expect(machine.containers.get(id)?.name).toBe('other')
  })
})
