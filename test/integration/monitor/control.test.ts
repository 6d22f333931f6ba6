import {existsSync, readFileSync, statSync} from 'node:fs'
import {connect} from 'node:net'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {askStatus, attach, go, resize, sendSignal, stop} from '../../../src/runtime/monitor/control.ts'
import {startMonitor} from '../../../src/runtime/monitor/start.ts'
import {watch} from '../../../src/runtime/monitor/watch.ts'
import {Box, eventually, readAll, within} from './box.ts'

let box: Box
beforeEach(() => {
  box = new Box()
})
afterEach(() => box[Symbol.asyncDispose]())

const attached = (options: {stdin?: boolean; tty?: boolean} = {}) =>
  attach(box.control, {stdin: false, tty: false, pid: 0, ...options})

describe('status and signals', () => {
  test('the socket is for its owner alone', async () => {
    await box.sh('sleep 60')
    expect(statSync(box.control).mode & 0o777).toBe(0o600)
  })

  test('running, then a signal, then exited', async () => {
    const pid = await box.sh("trap 'exit 5' USR1; echo ready; while :; do sleep 0.02; done")
    expect(await askStatus(box.control)).toMatchObject({kind: 'alive', pid, isHeld: false})
    await box.prints('ready')
    await sendSignal(box.control, 10)
    expect(await box.ended()).toMatchObject({code: 5})
  })

  test('a signal that there is not', async () => {
    await box.sh('sleep 60')
    await expect(sendSignal(box.control, 200)).rejects.toThrow('signal: Invalid argument (EINVAL)')
  })

  test('a request that makes no sense is answered, and the next one too', async () => {
    await box.sh('sleep 60')
    const answer = await new Promise<string>(resolve => {
      const socket = connect(box.control)
      let text = ''
      socket.on('data', chunk => {
        text += chunk
      })
      socket.on('close', () => resolve(text))
      socket.write(Buffer.from([7, 0, 0, 0, ...Buffer.from('1\0odd\0x')]))
    })
    expect(answer).toContain('unknown operation "odd"')
    expect(await askStatus(box.control)).toMatchObject({kind: 'alive'})
  })
})

describe('stop', () => {
  const timed = async (signal: number, grace: number) => {
    const before = Date.now()
    const status = await within('it stops', stop(box.control, {signal, grace}))
    return {status, took: Date.now() - before}
  }

  test('of a program that ends by the signal', async () => {
    await box.sh("trap 'exit 7' TERM; echo ready; while :; do sleep 0.02; done")
    await box.prints('ready')
    expect((await timed(15, 20_000)).status).toMatchObject({kind: 'exited', exit: {code: 7}})
  })

  test('the kernel drops a signal that process 1 does not take: it is killed at once', async () => {
    await box.start(['sleep', '60'])
    const {status, took} = await timed(15, 20_000)
    expect(status).toMatchObject({exit: {code: 137, signal: 9}})
    expect(took).toBeGreaterThanOrEqual(200)
    expect(took).toBeLessThan(5000)
  })

  test('one that learns to listen meanwhile gets the signal', async () => {
    await box.sh("sleep 0.1; trap 'exit 8' TERM; while :; do sleep 0.02; done")
    const {status, took} = await timed(15, 20_000)
    expect(status).toMatchObject({exit: {code: 8}})
    expect(took).toBeLessThan(5000)
  })

  test('one that catches it and goes on has its grace, then SIGKILL', async () => {
    await box.sh('trap "echo no" TERM; echo ready; while :; do sleep 0.02; done')
    await box.prints('ready')
    const {status, took} = await timed(15, 700)
    expect(status).toMatchObject({exit: {code: 137, signal: 9}})
    expect(took).toBeGreaterThanOrEqual(690)
    expect(box.log()).toContain('no\n')
  })

  test('below an init nothing is dropped', async () => {
    await box.start(['sleep', '60'], {process: [['init']]})
    expect((await timed(15, 20_000)).status).toMatchObject({exit: {code: 143}})
  })
})

describe('hold', () => {
  test('waits for go, misses nothing', async () => {
    await box.start(['echo', 'hello'], {monitor: [['hold']]})
    expect(await askStatus(box.control)).toMatchObject({isHeld: true})
    const stream = await attached()
    await go(box.control)
    expect((await readAll(stream)).stdout).toBe('hello\n')
    expect(await stream.exited).toEqual({code: 0})
    expect(await box.ended()).toMatchObject({code: 0})
  })

  test('a program that is not there fails the go, and the end says so', async () => {
    await box.start(['nonesuch'], {monitor: [['hold']]})
    await expect(go(box.control)).rejects.toMatchObject({code: 'program-not-found', exitCode: 127})
    expect(await box.ended()).toMatchObject({code: 127})
  })

  test('can be stopped', async () => {
    await box.start(['sleep', '60'], {monitor: [['hold']]})
    expect(await stop(box.control, {signal: 15, grace: 20_000})).toMatchObject({exit: {code: 137}})
  })
})

describe('attach', () => {
  test('every client sees what is written from then on, by stream', async () => {
    await box.sh('read line; echo "out $line"; echo err >&2; exit 2', {monitor: [['stdin', 'open']]})
    const [one, two] = [await attached({stdin: true}), await attached()]
    one.io.write('text\n')
    for (const each of await Promise.all([readAll(one), readAll(two)])) {
      expect(each).toMatchObject({stdout: 'out text\n', stderr: 'err\n'})
    }
    expect(await two.exited).toEqual({code: 2})
  })

  test('stdin stays open for the next client', async () => {
    await box.sh('cat', {monitor: [['stdin', 'open']]})
    const first = await attached({stdin: true})
    first.io.write('one\n')
    await box.prints('one\n')
    first.io.end()
    first.io.destroy()
    const second = await attached({stdin: true})
    second.io.write('two\n')
    await box.prints('two\n')
  })

  test('with once it ends with the first', async () => {
    await box.sh('cat; echo over', {monitor: [['stdin', 'once']]})
    const first = await attached({stdin: true})
    first.io.write('one\n')
    await box.prints('one\n')
    first.io.destroy()
    expect(await box.ended()).toMatchObject({code: 0})
    expect(box.log()).toBe('one\nover\n')
  })

  test('a terminal can be resized', async () => {
    await box.sh('stty size; read line; stty size; sleep 60', {
      monitor: [
        ['tty', '24', '80'],
        ['stdin', 'open'],
      ],
    })
    await box.prints('24 80')
    await resize(box.control, {rows: 50, columns: 132})
    const client = await attached({stdin: true, tty: true})
    client.io.write('\n')
    await box.prints('50 132')
  })

  test('what is not a terminal cannot', async () => {
    await box.sh('sleep 60')
    await expect(resize(box.control, {rows: 1, columns: 1})).rejects.toThrow('resize: Inappropriate ioctl')
  })

  test('a client that does not read is dropped, and the program is never held up', async () => {
    await box.sh('read line; yes 0123456789 | head -c 20000000; echo finished', {
      monitor: [
        ['stdin', 'open'],
        ['log', box.path('log'), '100000', '1'],
      ],
    })
    const stuck = await attached()
    const writer = await attached({stdin: true})
    writer.io.resume()
    writer.io.write('go\n')
    expect(await within('the program ends', box.ended())).toMatchObject({code: 0})
    const {raw} = await readAll(stuck)
    expect(raw.length).toBeLessThan(6_000_000)
    expect(raw).not.toContain('finished')
  })
})

describe('watch', () => {
  test('the monitor stays until somebody knows', async () => {
    const {pid} = await startMonitor(box.steps(['true']))
    await eventually(() => existsSync(box.path('exit')), 'it ends')
    expect(existsSync(`/proc/${pid}`)).toBe(false)
    // A question is no watch.
    expect(await askStatus(box.control)).toMatchObject({kind: 'exited', exit: {code: 0}})
    expect(await askStatus(box.control)).toMatchObject({kind: 'exited'})
    const {status, ended} = await watch(box.control)
    expect(status).toMatchObject({kind: 'exited', exit: {code: 0}})
    expect(await ended).toMatchObject({code: 0})
    await eventually(() => !existsSync(box.control), 'the monitor leaves')
  })

  test('one that breaks off without reading does not know', async () => {
    await box.sh('sleep 0.2')
    await box.ended()
    await eventually(() => !existsSync(box.control), 'the monitor leaves')
    const {pid} = await startMonitor(box.steps(['sh', '-c', 'read line'], {monitor: [['stdin', 'open']]}))
    const deaf = connect(box.control)
    deaf.pause()
    deaf.write(Buffer.from([8, 0, 0, 0, ...Buffer.from('1\0watch\0')]))
    await eventually(() => existsSync(`/proc/${pid}`), 'it runs')
    await attach(box.control, {stdin: true, tty: false, pid}).then(({io}) => io.write('\n'))
    await eventually(() => existsSync(box.path('exit')), 'it ends')
    deaf.destroy()
    expect(await askStatus(box.control)).toMatchObject({kind: 'exited'})
    expect((await watch(box.control)).status).toMatchObject({kind: 'exited'})
    await eventually(() => !existsSync(box.control), 'the monitor leaves')
    expect(readFileSync(box.path('exit'), 'utf8')).toContain('"code":')
  })
})
