import {execFileSync} from 'node:child_process'
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {native} from '../../../src/native/binding.ts'

const addon = native()
const mac = '02:42:00:00:00:01'
let directory = ''
let undo: (() => Promise<unknown>)[] = []

const ip = (...args: string[]) => JSON.parse(execFileSync('ip', ['-j', ...args], {encoding: 'utf8'}) || '[]')
const inside = (netns: string, ...command: string[]) =>
  execFileSync('nsenter', [`--net=${netns}`, ...command], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']})

const mounts = () => readFileSync('/proc/self/mounts', 'utf8').trim().split('\n')

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vitest-netns-'))
  undo = []
})
afterEach(async () => {
  for (const each of undo.reverse()) await each()
})

async function netns(name: string): Promise<string> {
  const path = join(directory, name)
  await addon.createNetns({path})
  undo.push(() => addon.deleteNetns({paths: [path]}))
  return path
}

async function bridge(name: string, addresses = ['10.77.0.1/24']): Promise<void> {
  await addon.createBridge({name, alias: `network of ${name}`, mac: '02:42:00:00:00:ff', addresses, mtu: 1400})
  undo.push(() => addon.deleteLink({name}))
}

const veth = (name: string, path: string, address: string) => ({
  name,
  alias: 'web.1',
  bridge: 'stktest',
  netns: path,
  peer: 'eth0',
  mac,
  mtu: 1400,
  hairpin: true,
  addresses: [`${address}/24`],
  routes: [{destination: '0.0.0.0/0', gateway: '10.77.0.1'}],
})

test('a namespace has only lo, which is up, and is gone when it is unpinned', async () => {
  const path = join(directory, 'one')
  await addon.createNetns({path})
  const links = await addon.listLinks({netns: path})
  expect(links).toMatchObject([{name: 'lo', up: true}])
  await expect(addon.createNetns({path})).rejects.toMatchObject({code: 'EEXIST', subject: path})
  await addon.deleteNetns({paths: [path]})
  expect(existsSync(path)).toBe(false)
  await addon.deleteNetns({paths: [path]})
})

test('many namespaces go at once, and leave nothing', async () => {
  const names = ['one', 'two', 'three']
  const paths = names.map(each => join(directory, each))
  for (const path of paths.slice(0, 2)) await addon.createNetns({path})
  writeFileSync(paths[2]!, '')
  const before = mounts()
  await addon.deleteNetns({paths: [...paths, join(directory, 'missing')]})
  expect(readdirSync(directory)).toEqual([])
  expect(mounts()).toHaveLength(before.length - 2)
})

test('one that cannot be removed keeps no other, is named, and nothing else is left', async () => {
  const [full, other] = [join(directory, 'full'), join(directory, 'other')]
  const good = [join(directory, 'one'), join(directory, 'two')]
  for (const path of good) await addon.createNetns({path})
  for (const path of [full, other]) mkdirSync(join(path, 'below'), {recursive: true})
  const before = mounts()
  await expect(addon.deleteNetns({paths: [full, ...good, other]})).rejects.toMatchObject({
    code: 'ENOTEMPTY',
    subject: `${full}, ${other}`,
    message: expect.stringContaining(`remove network namespace ${full}, ${other}: `),
  })
  expect(readdirSync(directory).sort()).toEqual(['full', 'other'])
  expect(mounts()).toHaveLength(before.length - 2)
})

test('they go, too, where mounts are passed on, and beside what a killed process had gathered', async () => {
  const gathered = join(directory, '.gone-1')
  execFileSync('mount', ['--bind', directory, directory])
  undo.push(async () => execFileSync('umount', [directory]))
  execFileSync('mount', ['--make-shared', directory])
  mkdirSync(gathered)
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', gathered])
  const before = mounts()
  const paths = ['one', 'two'].map(each => join(directory, each))
  for (const path of paths) await addon.createNetns({path})
  await addon.deleteNetns({paths: [...paths, gathered]})
  expect(readdirSync(directory)).toEqual([])
  expect(mounts()).toHaveLength(before.length - 1)
})

test('in a mount namespace of their own they are seen through its directory, and by nobody else', async () => {
  const file = join(directory, 'pins/mounts')
  const before = mounts()
  const root = `/proc/self/fd/${await addon.openPins({file})}`
  await addon.createNetns({path: '/one', pins: file})
  expect(await addon.listLinks({netns: `${root}/one`})).toMatchObject([{name: 'lo'}])
  expect(mounts(), 'the file that holds them and its directory').toHaveLength(before.length + 2)
  const again = `/proc/self/fd/${await addon.openPins({file})}`
  expect(readdirSync(again)).toEqual(['one'])
  await addon.createNetns({path: '/two', pins: file})
  await addon.deleteNetns({paths: ['/one', '/two'], pins: file})
  expect(readdirSync(root)).toEqual([])
  await addon.closePins({file})
  expect(mounts()).toEqual(before)
  expect(existsSync(join(directory, 'pins'))).toBe(false)
})

test('a file that no namespace was pinned to is removed all the same', async () => {
  const path = join(directory, 'left')
  writeFileSync(path, '')
  await addon.deleteNetns({paths: [path]})
  expect(existsSync(path)).toBe(false)
})

test('a bridge has its alias, addresses and MAC, is up, and has no link-local address', async () => {
  await bridge('stktest', ['10.77.0.1/24', 'fd00:77::1/64'])
  const [found] = ip('address', 'show', 'dev', 'stktest')
  expect(await addon.listLinks({})).toContainEqual(expect.objectContaining({alias: 'network of stktest'}))
  expect(found).toMatchObject({mtu: 1400, address: '02:42:00:00:00:ff'})
  expect(found.flags).toContain('UP')
  expect(found.addr_info.map((each: {local: string}) => each.local)).toEqual(['10.77.0.1', 'fd00:77::1'])
  expect(found.addr_info[0].broadcast).toBe('10.77.0.255')
})

test('a name that is taken is an error that says what, and harms nothing', async () => {
  await bridge('stktest')
  const again = addon.createBridge({name: 'stktest', alias: '', mac, addresses: [], mtu: 1500})
  await expect(again).rejects.toMatchObject({
    code: 'EEXIST',
    call: 'create bridge',
    subject: 'stktest',
    message: 'create bridge stktest: File exists (EEXIST)',
  })
  expect(await addon.listLinks({})).toContainEqual(expect.objectContaining({name: 'stktest', kind: 'bridge'}))
})

test('a bridge with an address that is none leaves no bridge', async () => {
  const made = addon.createBridge({name: 'stktest', alias: '', mac, addresses: ['10.0.0.300/8'], mtu: 1500})
  await expect(made).rejects.toMatchObject({code: 'EINVAL', subject: '10.0.0.300/8'})
  expect((await addon.listLinks({})).map(each => each.name)).not.toContain('stktest')
})

test('two namespaces on a bridge reach each other, and the bridge', async () => {
  await bridge('stktest')
  const one = await netns('one')
  const two = await netns('two')
  await addon.createVeth(veth('vthone', one, '10.77.0.2'))
  await addon.createVeth({...veth('vthtwo', two, '10.77.0.3'), mac: '02:42:00:00:00:02'})
  expect(inside(one, 'busybox', 'ping', '-c1', '-W2', '10.77.0.3')).toContain('1 packets received')
  expect(inside(two, 'busybox', 'ping', '-c1', '-W2', '10.77.0.1')).toContain('1 packets received')
  expect(inside(one, 'ip', 'route')).toContain('default via 10.77.0.1 dev eth0')
  expect(await addon.listLinks({netns: one})).toContainEqual(
    expect.objectContaining({name: 'eth0', kind: 'veth', mac, up: true, mtu: 1400}),
  )
  const host = (await addon.listLinks({})).find(each => each.name === 'vthone')
  expect(host).toMatchObject({alias: 'web.1', up: true})
  const [eth] = JSON.parse(inside(one, 'ip', '-j', 'address', 'show', 'dev', 'eth0'))
  expect(eth.addr_info).toHaveLength(1)
})

test('an endpoint whose route cannot be made leaves no link, with the kernel’s reason', async () => {
  await bridge('stktest')
  const one = await netns('one')
  const bad = {...veth('vthbad', one, '10.77.0.2'), routes: [{destination: '0.0.0.0/0', gateway: '10.99.0.1'}]}
  await expect(addon.createVeth(bad)).rejects.toMatchObject({
    call: 'add route',
    subject: '0.0.0.0/0',
    message: expect.stringContaining('Nexthop has invalid gateway'),
  })
  expect(await addon.listLinks({netns: one})).toHaveLength(1)
})

test('a veth on a bridge or in a namespace that is not there is ENODEV or ENOENT', async () => {
  const one = await netns('one')
  await expect(addon.createVeth(veth('vthone', one, '10.77.0.2'))).rejects.toMatchObject({
    code: 'ENODEV',
    subject: 'stktest',
  })
  await bridge('stktest')
  await expect(addon.createVeth(veth('vthone', '/nowhere', '10.77.0.2'))).rejects.toMatchObject({code: 'ENOENT'})
  await expect(addon.deleteLink({name: 'vthone'})).rejects.toMatchObject({code: 'ENODEV', call: 'delete link'})
})

test('routes and addresses are listed', async () => {
  await bridge('stktest')
  const link = (await addon.listLinks({})).find(each => each.name === 'stktest')?.index
  expect(await addon.listRoutes({})).toContainEqual({destination: '10.77.0.0/24', gateway: '', link})
  expect(await addon.listAddresses({})).toContainEqual({address: '10.77.0.1/24', link})
})

test('an argument of the wrong type is a TypeError at once', () => {
  expect(() => addon.createNetns({path: 5 as unknown as string})).toThrow(/path must be a string/)
})
