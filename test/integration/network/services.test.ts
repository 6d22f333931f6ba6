import {existsSync, symlinkSync} from 'node:fs'
import {expect, test} from 'vitest'
import type {ContainerRecord} from '../../../src/model/container.ts'
import {native} from '../../../src/native/binding.ts'
import {commonCgroup} from '../../../src/runtime/open.ts'
import {ask, type Machine, machine, ownerHere, paths, port, run, serve, type Wanted} from './machine.ts'

const web = {networks: ['front'], project: 'shop', service: 'web', aliases: ['web', 'www']} as const

/** A replica that runs: it says its name on port 80. */
async function replica(here: Machine, name: string, more: Wanted = {}) {
  const record = await here.container(name, {...web, ...more, aliases: [name, ...(more.aliases ?? web.aliases)]})
  const server = await serve(record, name, 80)
  await here.networks.serve(record)
  return {record, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]()}
}

const addressOf = (here: Machine, name = 'web') => {
  const [network] = here.networks.list()
  return here.networks.names.services(network!.id, name).map(each => each.address)
}

const counts = (answers: readonly string[]): Record<string, number> => {
  const found: Record<string, number> = {}
  for (const each of answers) found[each.split(' ')[0]!] = (found[each.split(' ')[0]!] ?? 0) + 1
  return found
}

test('connections to a service’s address are spread over its replicas, and come from the client itself', async () => {
  await using here = await machine()
  await here.network('front')
  const client = await here.container('client', {networks: ['front']})
  await using first = await replica(here, 'web-1')
  await using _second = await replica(here, 'web-2')
  const [address] = addressOf(here)
  const answers = await ask(client, `${address}:80`, {count: 20})
  const own = here.networks.endpoints(client.id)[0]?.address
  expect([...new Set(answers)].sort()).toEqual([`web-1 to ${own}`, `web-2 to ${own}`])
  expect(counts(answers)).toEqual({'web-1': 10, 'web-2': 10})
  expect(counts(await ask(client, `::ffff:${address}:80`, {count: 10})), 'sockets of IPv6').toEqual({
    'web-1': 5,
    'web-2': 5,
  })
  expect(Object.keys(counts(await ask(client, `${address}:80`, {protocol: 'udp', count: 20}))).sort()).toEqual([
    'web-1',
    'web-2',
  ])
  expect(counts(await ask(first.record, `${address}:80`, {count: 4})), 'by a replica').toEqual({'web-1': 2, 'web-2': 2})
  expect(run(client, 'busybox', 'ping', '-c1', '-W2', address!)).toContain('1 packets received')
  expect(addressOf(here, 'WWW'), 'by an alias').toEqual([address])
  expect(addressOf(here, 'web-1'), 'a container’s own name').toEqual([])
})

test('of other networks nothing is reached, and of the host nothing is by a service’s address', async () => {
  await using here = await machine()
  await here.network('front')
  await here.network('back')
  await using _web = await replica(here, 'web-1', {ports: [port(80, 8080)]})
  await using _host = await serve('host', 'host', 80)
  const stranger = await here.container('stranger', {networks: ['back']})
  const [address] = addressOf(here)
  expect(await ask(stranger, `${address}:80`)).toEqual(['timeout'])
  expect(await ask('host', `${address}:80`)).toEqual(['ECONNREFUSED'])
  expect(await ask('host', `${address}:8080`)).toEqual(['ECONNREFUSED'])
  const {gateway} = here.networks.list()[0]!
  expect(await ask(stranger, `${gateway}:80`), 'the host itself, by the gateway').toEqual([
    expect.stringContaining('host to'),
  ])
  // A process that the kernel does not look at: in the network of a container, not in its cgroup.
  const besides = paths.container(stranger.id).netns
  expect(await ask(besides, `${address}:80`)).toEqual(['ECONNREFUSED'])
})

test('a replica gets connections from when it is ready until it is withdrawn; without one they are refused', async () => {
  await using here = await machine()
  await here.network('front')
  const client = await here.container('client', {networks: ['front']})
  const checked = {hasHealthcheck: true}
  await using first = await replica(here, 'web-1', checked)
  await using second = await replica(here, 'web-2', checked)
  const [address] = addressOf(here)
  const who = async () => Object.keys(counts(await ask(client, `${address}:80`, {count: 4}))).sort()
  expect(await who(), 'none is healthy').toEqual(['web-1', 'web-2'])
  await here.networks.setReady(first.record.id, true)
  expect(await who()).toEqual(['web-1'])
  await here.networks.setReady(second.record.id, true)
  expect(await who()).toEqual(['web-1', 'web-2'])
  await here.networks.setReady(first.record.id, false)
  expect(await who()).toEqual(['web-2'])
  await here.networks.withdraw(second.record.id)
  expect(await who(), 'better one that is not healthy').toEqual(['web-1'])
  await here.networks.withdraw(first.record.id)
  expect(await who()).toEqual(['ECONNREFUSED'])
  expect(addressOf(here), 'the address stays').toEqual([address])
})

test('the address stays over restart, recreation and reboot, and goes with the network', async () => {
  await using here = await machine()
  const front = await here.network('front', {labels: {'com.docker.compose.project': 'shop'}})
  const client = await here.container('client', {networks: ['front']})
  let first: ContainerRecord
  {
    await using old = await replica(here, 'web-1')
    first = old.record
  }
  const [address] = addressOf(here)
  await here.networks.detach(first.id)
  await here.restart()
  expect(addressOf(here)).toEqual([address])
  expect(await ask(client, `${address}:80`)).toEqual(['ECONNREFUSED'])
  await using again = await replica(here, 'web-1')
  expect(addressOf(here)).toEqual([address])
  expect(counts(await ask(client, `${address}:80`))).toEqual({'web-1': 1})

  // Of a reboot nothing but the files is left.
  await native().detachServices({cgroup: commonCgroup().cgroup!, owner: ownerHere()})
  await native().deleteLink({name: front.bridge})
  await here.restart()
  expect(addressOf(here)).toEqual([address])
  expect(run('host', 'ip', '-4', 'address', 'show', front.bridge)).toContain(`${address}/32`)
  await here.networks.attach(again.record)
  await here.networks.serve(again.record)
  await here.networks.attach(client)
  expect(counts(await ask(client, `${address}:80`))).toEqual({'web-1': 1})

  for (const each of [client, again.record]) await here.networks.detach(each.id)
  await here.networks.remove('front')
  expect(existsSync(paths.networkServices(front.id))).toBe(false)
  await here.networks.close()
  await expect(native().listServices({cgroup: commonCgroup().cgroup!, owner: ownerHere()})).rejects.toMatchObject({
    code: 'ENOENT',
  })
  expect(here.warnings).toEqual([])
})

test('connections go on without a daemon, and the next one goes on with the replicas that it finds', async () => {
  await using here = await machine()
  await here.network('front')
  const client = await here.container('client', {networks: ['front']})
  await using first = await replica(here, 'web-1', {hasHealthcheck: true})
  await using second = await replica(here, 'web-2', {hasHealthcheck: true})
  await using _third = await replica(here, 'web-3', {hasHealthcheck: true})
  const [address] = addressOf(here)
  await here.networks.setReady(first.record.id, true)
  await here.networks.setReady(second.record.id, true)
  const who = async () => Object.keys(counts(await ask(client, `${address}:80`, {count: 4}))).sort()
  await here.networks.close()
  // The way into the containers' namespaces went with it.
  symlinkSync(`/proc/${process.pid}/fd/${await native().openPins({file: paths.pins})}`, paths.netnsDirectory)
  expect(await who(), 'no daemon').toEqual(['web-1', 'web-2'])
  await here.restart()
  expect(await who(), 'before it knows more').toEqual(['web-1', 'web-2'])
  await here.networks.serve(first.record)
  expect(await who()).toEqual(['web-1', 'web-2'])
  await here.networks.withdraw(second.record.id)
  expect(await who()).toEqual(['web-1'])
})

test('where somebody takes the programs away they come back with the next change', async () => {
  await using here = await machine()
  await here.network('front')
  const client = await here.container('client', {networks: ['front']})
  await using _web = await replica(here, 'web-1')
  await using db = await replica(here, 'db-1', {service: 'db', aliases: []})
  const [address] = addressOf(here)
  await native().detachServices({cgroup: commonCgroup().cgroup!, owner: ownerHere()})
  await Promise.all([
    here.networks.withdraw(db.record.id),
    replica(here, 'db-2', {service: 'db'}).then(each => each[Symbol.asyncDispose]()),
  ])
  expect(counts(await ask(client, `${address}:80`))).toEqual({'web-1': 1})
  await here.networks.serve(db.record)
  expect(here.warnings).toEqual([])
})

test('a service without an address of its own: asked for, small subnet, fixed address, run by hand', async () => {
  await using here = await machine()
  const front = await here.network('front', {subnet: '10.250.0.0/24'})
  const small = await here.network('small', {subnet: '10.251.0.0/27'})
  await using _turn = await replica(here, 'turn-1', {service: 'turn', endpointMode: 'dnsrr'})
  await using _fixed = await replica(here, 'fixed-1', {service: 'fixed', address: '10.250.0.200'})
  await using _small = await replica(here, 'small-1', {service: 'small', networks: ['small']})
  for (const name of ['turn', 'fixed']) expect(here.networks.names.services(front.id, name), name).toEqual([])
  expect(here.networks.names.services(small.id, 'small')).toEqual([])
  expect(here.networks.names.find(front.id, 'turn')).toHaveLength(1)

  await using _web = await replica(here, 'web-1')
  await using hand = await replica(here, 'web-run', {isOneoff: true, aliases: []})
  const [address] = here.networks.names.services(front.id, 'web').map(each => each.address)
  expect(here.networks.names.find(front.id, 'web').map(each => each.container)).not.toContain(hand.record.id)
  expect(counts(await ask(hand.record, `${address}:80`, {count: 2}))).toEqual({'web-1': 2})
})

test('a service that does not want its address any more loses it with the last replica that had it', async () => {
  await using here = await machine()
  await here.network('front')
  await using old = await replica(here, 'web-1')
  const [address] = addressOf(here)
  await using _new = await replica(here, 'web-2', {endpointMode: 'dnsrr'})
  expect(addressOf(here)).toEqual([address])
  await here.networks.detach(old.record.id)
  expect(addressOf(here)).toEqual([])
  await using _again = await replica(here, 'web-3')
  expect(addressOf(here)).toEqual([address])
})

test('a container that asks for a service’s address gets it, and the service another one', async () => {
  await using here = await machine()
  await here.network('front')
  const client = await here.container('client', {networks: ['front']})
  await using _web = await replica(here, 'web-1')
  const [address] = addressOf(here)
  const fixed = await here.container('fixed', {networks: ['front'], address: address!})
  expect(here.networks.endpoints(fixed.id)[0]?.address).toBe(address)
  const [next] = addressOf(here)
  expect(next).not.toBe(address)
  expect(counts(await ask(client, `${next}:80`))).toEqual({'web-1': 1})
})

test('on another’s network a project’s services keep their addresses while it has a container there', async () => {
  await using here = await machine()
  await here.network('front')
  const one = await here.container('web-1', web)
  const two = await here.container('db-1', {...web, service: 'db', aliases: []})
  expect(addressOf(here)).toHaveLength(1)
  await here.networks.detach(one.id)
  expect(addressOf(here)).toHaveLength(1)
  await here.networks.detach(two.id)
  expect([addressOf(here), addressOf(here, 'db')]).toEqual([[], []])
  expect(here.warnings).toEqual([])
})

test('IPv6', async () => {
  await using here = await machine()
  const front = await here.network('front', {enableIpv6: true})
  const client = await here.container('client', {networks: ['front']})
  const record = await here.container('web-1', web)
  await using _ = await serve(record, 'web-1', 80)
  await here.networks.serve(record)
  const [{address6} = {address6: ''}] = here.networks.names.services(front.id, 'web')
  // The server listens on IPv4 only: refused by the replica, and known to be it by its answer.
  expect(await ask(client, `${address6}:80`)).toEqual(['ECONNREFUSED'])
  run(client, 'busybox', 'ping', '-6', '-c1', '-W2', address6!)
  const [own] = here.networks.endpoints(record.id)
  expect(await native().listServices({cgroup: commonCgroup().cgroup!, owner: ownerHere()})).toContainEqual({
    address: address6,
    replicas: [own?.address6],
  })
})
