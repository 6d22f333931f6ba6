import {type ChildProcess, execFile, spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, mkdirSync, rmdirSync} from 'node:fs'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {native} from '../../../src/native/binding.ts'

const addon = native()
const tree = existsSync('/sys/fs/cgroup/unified') ? '/sys/fs/cgroup/unified' : '/sys/fs/cgroup'
const cgroup = join(tree, process.env.STACK_CGROUP_PARENT ?? 'stack-test')
const place = {cgroup, owner: 'testtest'}
const servers: ChildProcess[] = []

beforeEach(() => mkdirSync(cgroup, {recursive: true}))
afterEach(async () => {
  for (const each of servers.splice(0)) {
    const ended = once(each, 'exit')
    each.kill('SIGKILL')
    await ended
  }
  await addon.detachServices(place)
  rmdirSync(cgroup)
})

/** Says its address by TCP and UDP, on loopback: no network is needed, the program turns addresses before there is one. */
async function serve(address: string): Promise<void> {
  const server = `
    const address = process.argv[1]
    require('node:net').createServer(c => c.end(address)).listen(7000, address, () => {
      const udp = require('node:dgram').createSocket(address.includes(':') ? 'udp6' : 'udp4')
      udp.on('message', (_, c) => udp.send(address, c.port, c.address))
      udp.bind(7000, address, () => console.log('ready'))
    })`
  const child = spawn(process.execPath, ['-e', server, address], {stdio: ['ignore', 'pipe', 'inherit']})
  servers.push(child)
  await once(child.stdout, 'data')
}

/** Runs Python inside the cgroup: its sockets are the kernel's, nothing in between. */
async function inside(code: string): Promise<string> {
  const script = `
import os, socket, sys
open(${JSON.stringify(join(cgroup, 'cgroup.procs'))}, 'w').write(str(os.getpid()))
V, V6, M = '10.99.0.250', 'fd00::250', '::ffff:10.99.0.250'
def tcp(address=V, family=socket.AF_INET):
    s = socket.socket(family)
    s.settimeout(2)
    s.connect((address, 7000))
    return s.recv(99).decode(), s.getpeername()[0]
${code}`
  const {stdout} = await promisify(execFile)('python3', ['-c', script], {timeout: 10_000})
  return stdout.trim()
}

const replicas = ['127.0.0.11', '127.0.0.12', '127.0.0.13']
const service = {...place, address: '10.99.0.250', replicas}

test('connections to a service go to its replicas in turn, and each believes to speak to the service', async () => {
  for (const each of replicas) await serve(each)
  expect(await addon.attachServices(place)).toBe(true)
  expect(await addon.attachServices(place), 'a daemon that comes later').toBe(false)
  await addon.putService(service)
  const seen = await inside('for _ in range(6): print(*tcp())')
  expect(seen.split('\n').sort()).toEqual(replicas.flatMap(each => Array(2).fill(`${each} 10.99.0.250`)))
  const mapped = await inside('for _ in range(3): print(*tcp(M, socket.AF_INET6))')
  expect(mapped.split('\n').sort()).toEqual(replicas.map(each => `${each} ::ffff:10.99.0.250`))
  expect(await inside("print(*tcp('127.0.0.12'))"), 'a replica itself').toBe('127.0.0.12 127.0.0.12')
})

test('a service without a replica refuses at once; one that is unknown is left alone', async () => {
  await serve('127.0.0.11')
  await addon.attachServices(place)
  await addon.putService({...service, replicas: []})
  const refused = (call: string) =>
    inside(`
try:
    ${call}
    print('nothing')
except OSError as error: print(type(error).__name__)`)
  expect(await refused('tcp()')).toBe('ConnectionRefusedError')
  expect(await refused('tcp(M, socket.AF_INET6)')).toBe('ConnectionRefusedError')
  expect(await refused("socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', (V, 7000))")).toBe(
    'ConnectionRefusedError',
  )
  await addon.putService({...service, replicas: ['127.0.0.11']})
  expect(await inside('print(*tcp())')).toBe('127.0.0.11 10.99.0.250')
  await addon.removeService({...place, address: service.address})
  expect(await addon.listServices(place)).toEqual([])
  expect(await refused('tcp()')).toBe('OSError')
})

test('datagrams of one socket go to one replica, answers come from the service', async () => {
  for (const each of replicas) await serve(each)
  await addon.attachServices(place)
  await addon.putService(service)
  const datagrams = (family: string, address: string) => `
seen = set()
for _ in range(9):
    s = socket.socket(socket.${family}, socket.SOCK_DGRAM)
    s.settimeout(2)
    mine = set()
    for _ in range(3):
        s.sendto(b'x', (${address}, 7000))
        text, peer = s.recvfrom(99)
        mine.add(text.decode())
        assert peer[0] == ${address} and peer[1] == 7000, peer
    assert len(mine) == 1, mine
    seen |= mine
print(*sorted(seen))`
  expect(await inside(datagrams('AF_INET', 'V'))).toBe(replicas.join(' '))
  expect(await inside(datagrams('AF_INET6', 'M'))).toBe(replicas.join(' '))
  const connected = `
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(2)
s.connect((V, 7000))
s.send(b'x')
print(s.recvfrom(99)[1][0], s.getpeername()[0])
# Many services by one socket: the last eight are known by their own names.
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(2)
for last in range(20):
    s.sendto(b'x', ('10.99.1.%d' % last, 7000))
    assert s.recvfrom(99)[1][0] == '10.99.1.%d' % last`
  for (let last = 0; last < 20; last++)
    await addon.putService({...place, address: `10.99.1.${last}`, replicas: [`127.0.2.${last}`]})
  for (let last = 0; last < 20; last++) await serve(`127.0.2.${last}`)
  expect(await inside(connected)).toBe('10.99.0.250 10.99.0.250')
})

test('IPv6', async () => {
  await serve('::1')
  await addon.attachServices(place)
  await addon.putService({...place, address: '::99', replicas: ['::1']})
  expect(await inside("print(*tcp('::99', socket.AF_INET6))")).toBe('::1 ::99')
  const datagram = `
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.settimeout(2)
s.sendto(b'x', ('::99', 7000))
print(s.recvfrom(99)[1][0])`
  expect(await inside(datagram)).toBe('::99')
  await expect(addon.putService({...place, address: 'fd00::1', replicas: ['::1']})).rejects.toMatchObject({
    code: 'EINVAL',
  })
})

test('a program that listens on its service’s name is reached by its own address', async () => {
  await addon.attachServices(place)
  await addon.putService(service)
  await addon.putService({...place, address: '::99', replicas: ['::1']})
  const listen = (family: string, address: string, own: string) => `
s = socket.socket(socket.${family})
s.bind((${address}, 0))
s.listen()
socket.create_connection(('${own}', s.getsockname()[1]))
print(s.getsockname()[0])`
  expect(await inside(listen('AF_INET', 'V', '127.0.0.1'))).toBe('0.0.0.0')
  expect(await inside(listen('AF_INET6', 'M', '127.0.0.1'))).toBe('::')
  expect(await inside(listen('AF_INET6', "'::99'", '::1'))).toBe('::')
  await expect(inside("socket.socket().bind(('10.99.0.251', 7000))")).rejects.toThrow('Cannot assign')
})

test('what is attached is of one owner, outlives who attached it, and goes with detaching', async () => {
  const other = {...place, owner: 'otherone'}
  await expect(addon.putService(service)).rejects.toMatchObject({code: 'ENOENT'})
  await addon.attachServices(place)
  await addon.attachServices(other)
  await addon.putService(service)
  expect(await addon.listServices(other)).toEqual([])
  const many = Array.from({length: 1100}, (_, at) => `10.98.${at >> 8}.${at & 255}`)
  await addon.putService({...place, address: '10.99.0.251', replicas: many})
  const listed = await addon.listServices(place)
  expect(listed.find(each => each.address === service.address)?.replicas).toEqual(replicas)
  expect(listed.find(each => each.address === '10.99.0.251')?.replicas).toEqual(many.slice(0, 1008))
  await addon.detachServices(place)
  await addon.detachServices(place)
  await expect(addon.listServices(place)).rejects.toMatchObject({code: 'ENOENT'})
  expect(await addon.listServices(other)).toEqual([])
  await addon.detachServices(other)
  await expect(addon.attachServices({...place, cgroup: '/nowhere'})).rejects.toMatchObject({code: 'ENOENT'})
})
