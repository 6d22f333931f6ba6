import {readFileSync} from 'node:fs'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {Box, eventually, monitorOf, readAll, statusOf, within} from './box.ts'

let box: Box
beforeEach(async () => {
  box = new Box()
  await box.sh('echo ready; while :; do sleep 1; done', {inside: [['hostname', 'box']]})
  await box.prints('ready')
})
afterEach(() => box[Symbol.asyncDispose]())

const sh = (script: string, ...more: Parameters<Box['exec']>[1] & object) => box.exec(['sh', '-c', script], more)

test('runs in all namespaces of the container, with streams and code of its own', async () => {
  const stream = await sh('hostname; ls / | xargs; echo problem >&2; ps | grep -c "sleep 1"; exit 4')
  const {stdout, stderr} = await readAll(stream)
  expect(stdout.split('\n').slice(0, 2)).toEqual(['box', 'bin dev etc proc'])
  expect(stderr).toBe('problem\n')
  expect(await stream.exited).toEqual({code: 4})
  expect(box.log()).toBe('ready\n')
})

test('is a child of the monitor, in the namespaces of the container', async () => {
  const stream = await sh('sleep 60')
  const [init] = box.read('pid').split(' ')
  expect(monitorOf(stream.pid)).toBe(monitorOf(Number(init)))
  expect(statusOf(stream.pid, 'NSpid').split(/\s+/)).toHaveLength(2)
  await stream.signal(9)
  stream.io.resume()
  expect(await stream.exited).toEqual({code: 137})
})

test('user, directory, environment, limits', async () => {
  const stream = await sh(
    'id; pwd; env | sort | xargs; ulimit -n; cat /proc/self/status | grep CapBnd',
    ['rlimit', 'nofile', '64', '64'],
    ['capabilities', '1', '0'],
    ['user', '5', '6', '7'],
    ['cwd', '/etc'],
    ['env', 'A=b'],
  )
  expect((await readAll(stream)).stdout).toBe(
    'uid=5 gid=6 groups=7\n/etc\nA=b PATH=/bin PWD=/etc SHLVL=1\n64\nCapBnd:\t0000000000000001\n',
  )
})

test('stdin reaches it, and its end', async () => {
  const stream = await box.exec(['sh', '-c', 'cat; echo ended'], [['stdin', 'open']])
  stream.io.write('some ')
  stream.io.end('text\n')
  expect((await readAll(stream)).stdout).toBe('some text\nended\n')
  expect(await stream.exited).toEqual({code: 0})
})

test('without stdin it reads nothing', async () => {
  expect((await readAll(await sh('wc -c'))).stdout).toBe('0\n')
})

test('more goes in and out than any buffer holds', async () => {
  const stream = await box.exec(['cat'], [['stdin', 'open']])
  const size = 12_000_000
  stream.io.end(Buffer.alloc(size, 'abcdefg'))
  const {stdout} = await readAll(stream)
  expect(stdout.length).toBe(size)
  expect(stdout === Buffer.alloc(size, 'abcdefg').toString()).toBe(true)
})

test('a client that does not read holds the program up, and costs little', async () => {
  const stream = await sh('exec yes')
  const monitor = monitorOf(stream.pid)
  const written = () => Number(/wchar: (\d+)/.exec(readFileSync(`/proc/${stream.pid}/io`, 'utf8'))?.[1])
  let last = -1
  await eventually(async () => {
    const now = written()
    const stands = now === last
    last = now
    await new Promise(resolve => setTimeout(resolve, 30))
    return stands && now > 0
  }, 'the program stands still')
  expect(last).toBeLessThan(8_000_000)
  expect(Number(statusOf(monitor, 'VmRSS').split(' ')[0])).toBeLessThan(4000)
  stream.io.destroy()
  await stream.signal(9)
  expect(await within('it ends', stream.exited)).toEqual({code: 137})
})

test('a terminal of its own, with its size, that can be changed', async () => {
  const stream = await sh('tty; stty size; read line; stty size; exit 3', ['tty', '30', '90'], ['stdin', 'open'])
  let seen = ''
  stream.io.on('data', chunk => {
    seen += chunk
  })
  await eventually(() => seen.includes('30 90'), 'it tells its size')
  await stream.resize({rows: 11, columns: 22})
  stream.io.write('go\n')
  expect(await stream.exited).toEqual({code: 3})
  expect(seen).toBe('/dev/pts/0\r\n30 90\r\ngo\r\n11 22\r\n')
})

test('the end of stdin is told on a terminal, too', async () => {
  const stream = await box.exec(
    ['cat'],
    [
      ['tty', '24', '80'],
      ['stdin', 'open'],
    ],
  )
  stream.io.end('line\n')
  expect((await readAll(stream)).raw).toContain('line\r\nline\r\n')
  expect(await stream.exited).toEqual({code: 0})
})

test('a program that is not there is 127, one that cannot run 126, and neither leaves anything', async () => {
  await expect(box.exec(['nonesuch'])).rejects.toMatchObject({code: 'program-not-found', exitCode: 127})
  await expect(box.exec(['/etc'])).rejects.toMatchObject({code: 'program-not-found', exitCode: 126})
  await expect(sh('true', ['cwd', '/none'])).rejects.toThrow('cwd /none: No such file or directory (ENOENT)')
  await expect(sh('true', ['cgroup', '/none'])).rejects.toThrow('cgroup /none')
  await expect(box.exec(['true'], [['odd']])).rejects.toThrow('unknown operation "odd"')
})

test('detached, it runs on, its output is dropped, its code is told', async () => {
  const stream = await sh('echo dropped; exit 6', ['detach'])
  expect(await stream.exited).toEqual({code: 6})
  expect((await readAll(stream)).stdout).toBe('')
})

test('the client may leave: the program runs on to its end', async () => {
  const stream = await sh('sleep 0.1; yes | head -c 1000000; echo done > /left')
  stream.io.destroy()
  await eventually(() => {
    try {
      return box.read('upper/left') === 'done\n'
    } catch {
      return false
    }
  }, 'the program goes on')
})

test('what it left running in the background does not keep the client', async () => {
  const stream = await sh('sleep 60 & echo started')
  expect((await within('it ends', readAll(stream))).stdout).toBe('started\n')
  expect(await stream.exited).toEqual({code: 0})
})

test('many at once', async () => {
  const outputs = await Promise.all(
    Array.from({length: 20}, async (_, at) => (await readAll(await sh(`echo ${at}; sleep 0.02; echo ${at}`))).stdout),
  )
  expect(outputs).toEqual(Array.from({length: 20}, (_, at) => `${at}\n${at}\n`))
})

test('the end of each is told, however soon it comes and whatever ends beside it', async () => {
  const oneAfterTheOther = async () => {
    for (let round = 0; round < 150; round++) {
      const stream = await sh('exit 3')
      stream.io.resume()
      expect(await stream.exited).toEqual({code: 3})
    }
  }
  await Promise.all(Array.from({length: 4}, oneAfterTheOther))
})

test('ends with the container', async () => {
  const stream = await sh('sleep 60')
  process.kill(Number(box.read('pid').split(' ')[0]), 'SIGKILL')
  stream.io.resume()
  expect(await within('it ends', stream.exited)).toEqual({code: 137})
})
