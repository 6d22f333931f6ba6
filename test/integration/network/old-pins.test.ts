import {closeSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs'
import {basename, join} from 'node:path'
import {expect, test} from 'vitest'
import type {ContainerRecord} from '../../../src/model/container.ts'
import {native} from '../../../src/native/binding.ts'
import {ask, type Machine, machine, paths, run, serve} from './machine.ts'

const {netnsDirectory: directory, pins} = paths
const bind = 4096
const netnsOf = ({id}: ContainerRecord): string => paths.container(id).netns
const names = (containers: readonly ContainerRecord[]) => containers.map(each => basename(netnsOf(each))).sort()

const mountsHere = (): string[] =>
  readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .flatMap(line => line.split(' ')[1] ?? [])
    .filter(each => each.startsWith(`${directory}/`))

async function mountAt(source: string, target: string): Promise<void> {
  writeFileSync(target, '')
  await native().mount({source, target, type: '', flags: bind, data: ''})
}

/**
 * What an older version leaves when its daemon ends: files in a directory, each with a namespace mounted on it.
 * `meanwhile` gets the directory of the mount namespace that they were in, which is gone afterwards unless it is kept.
 */
async function leaveAsBefore(
  here: Machine,
  containers: readonly ContainerRecord[],
  meanwhile?: (root: string) => Promise<void>,
): Promise<void> {
  await here.networks.close()
  mkdirSync(directory, {mode: 0o711})
  const descriptor = await native().openPins({file: pins})
  const root = `/proc/${process.pid}/fd/${descriptor}`
  for (const each of containers) await mountAt(join(root, basename(netnsOf(each))), netnsOf(each))
  await meanwhile?.(root)
  closeSync(descriptor)
  if (meanwhile === undefined) await native().closePins({file: pins})
}

test('network namespaces of an older version are taken over, under running containers, and go with them', async () => {
  // As systemd has it on most machines: nothing can be moved away from there.
  run('host', 'mount', '--make-shared', '/run')
  using _private = {[Symbol.dispose]: () => run('host', 'mount', '--make-private', '/run')}
  await using here = await machine()
  const network = await here.network('a')
  const [web, client] = [await here.container('web', {networks: ['a']}), await here.container('one')]
  await using _ = await serve(web, 'web', 80)
  const address = `${here.networks.endpoints(web.id)[0]?.address}:80`
  const inode = statSync(netnsOf(web)).ino
  await leaveAsBefore(here, [web, client])
  await native().createNetns({path: join(directory, 'of-nobody')})
  writeFileSync(join(directory, 'nothing-pinned'), '')
  expect(mountsHere()).toHaveLength(3)

  await here.restart()
  expect(lstatSync(directory).isSymbolicLink()).toBe(true)
  expect(mountsHere()).toEqual([])
  await expect.poll(() => readdirSync(directory).sort()).toEqual(names([web, client]))
  expect(statSync(netnsOf(web)).ino).toBe(inode)
  const later = await here.container('later', {networks: ['a']})
  expect(await ask(later, address)).toEqual([expect.stringContaining('web to')])

  for (const {id} of [web, client, later]) await here.networks.detach(id)
  await here.networks.remove(network.id)
  await here.networks.close()
  expect(readdirSync(paths.run).filter(each => each === 'netns' || each === 'pins')).toEqual([])
  expect(here.warnings).toEqual([])
})

type Places = {readonly old: string; readonly seen: string; readonly path: string}

const letGo = ({old}: Places) => native().deleteNetns({paths: [old]})
const hold = ({old, path}: Places) => native().pinNetns({held: old, path, pins})

test.each<{at: string; leave: (one: Places, two: Places) => Promise<unknown>}>([
  {at: 'nothing was taken', leave: async () => {}},
  {at: 'a file was made, and nothing pinned to it', leave: async one => writeFileSync(one.seen, '')},
  {at: 'one is held at both places', leave: hold},
  {
    at: 'one was let go of, and its file was left',
    leave: async one => {
      await hold(one)
      await native().unmount({target: one.old})
    },
  },
  {at: 'one was taken', leave: one => hold(one).then(() => letGo(one))},
  {
    at: 'all were taken, and the directory was left',
    leave: async (one, two) => {
      for (const each of [one, two]) await hold(each).then(() => letGo(each))
    },
  },
  {
    at: 'an older version went on, with another namespace for the same container',
    leave: one => native().createNetns({path: one.path, pins}),
  },
])('who is killed in between leaves the rest to the next: $at', async ({leave}) => {
  await using here = await machine()
  await here.network('a')
  const both = [await here.container('one', {networks: ['a']}), await here.container('two', {networks: ['a']})]
  const inodes = () => both.map(each => statSync(netnsOf(each)).ino)
  const before = inodes()
  await leaveAsBefore(here, both, async root => {
    for (const name of readdirSync(root)) await native().deleteNetns({paths: [`/${name}`], pins})
    const [one, two] = names(both).map(name => ({
      old: join(directory, name),
      seen: join(root, name),
      path: `/${name}`,
    }))
    if (one !== undefined && two !== undefined) await leave(one, two)
  })
  expect(existsSync(pins)).toBe(true)
  await here.restart()
  expect(lstatSync(directory).isSymbolicLink()).toBe(true)
  expect(mountsHere()).toEqual([])
  expect(inodes()).toEqual(before)
  for (const each of both) expect(run(each, 'ip', '-br', 'link')).toContain('eth0')
  expect(readdirSync(directory).sort()).toEqual(names(both))
  expect(here.warnings).toEqual([])
})
