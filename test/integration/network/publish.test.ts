import {createSocket} from 'node:dgram'
import {once} from 'node:events'
import {expect, test} from 'vitest'
import type {ContainerRecord} from '../../../src/model/container.ts'
import {ask, machine, outside, port, serve} from './machine.ts'

test('a published port is reached from everywhere that Docker’s is', async () => {
  await using here = await machine()
  await using far = await outside()
  const front = await here.network('front')
  await here.network('other')
  const web = await here.container('web', {
    networks: ['front'],
    ports: [port(80, 8080), port(80, 8080, {protocol: 'udp'})],
  })
  const neighbour = await here.container('neighbour', {networks: ['front']})
  const stranger = await here.container('stranger', {networks: ['other']})
  await using _ = await serve(web, 'web', 80)
  await here.networks.publish(web)

  const [own] = here.networks.endpoints(web.id)
  for (const protocol of ['tcp', 'udp']) {
    expect(await ask('host', '127.0.0.1:8080', {protocol}), `localhost ${protocol}`).toEqual([
      `web to ${front.gateway}`,
    ])
    expect(await ask('host', `${far.host}:8080`, {protocol}), `own address ${protocol}`).toEqual([`web to ${far.host}`])
    expect(await ask(far.netns, `${far.host}:8080`, {protocol}), `outside ${protocol}`).toEqual([
      `web to ${far.address}`,
    ])
    expect(await ask(neighbour, `${front.gateway}:8080`, {protocol}), `gateway ${protocol}`).toEqual([
      `web to ${front.gateway}`,
    ])
    expect(await ask(web, `${front.gateway}:8080`, {protocol}), `hairpin ${protocol}`).toEqual([
      `web to ${front.gateway}`,
    ])
    const from = here.networks.endpoints(stranger.id)[0]?.address
    expect(await ask(stranger, `${far.host}:8080`, {protocol}), `other network ${protocol}`).toEqual([`web to ${from}`])
    expect(await ask('host', '::1:8080', {protocol}), `IPv6 ${protocol}`).toEqual([`web to ${front.gateway}`])
  }
  expect(await ask(stranger, `${own?.address}:80`), 'not published is not reached').toEqual(['timeout'])
})

test('a port that is given back is refused, and free for others', async () => {
  await using here = await machine()
  await here.network('front')
  const web = await here.container('web', {networks: ['front'], ports: [port(80, 8080)]})
  await using _ = await serve(web, 'web', 80)
  expect(await here.networks.publish(web)).toEqual([{...port(80, 8080), hostPortNumber: 8080}])
  await here.networks.unpublish(web.id)
  expect(await ask('host', '127.0.0.1:8080')).toEqual(['ECONNREFUSED'])
  expect(here.networks.published(web.id)).toEqual([])
  await using _other = await serve('host', 'other', 8080)
  expect(await ask('host', '127.0.0.1:8080')).toEqual(['other to 127.0.0.1'])
})

test('three replicas share a port in turn; one that goes is left out', async () => {
  await using here = await machine()
  await here.network('front')
  const replicas: ContainerRecord[] = []
  for (const name of ['web-1', 'web-2', 'web-3']) {
    const wanted = {networks: ['front'], ports: [port(80, 8080)], project: 'shop', service: 'web'}
    const replica = await here.container(name, wanted)
    replicas.push(replica)
  }
  await using _one = await serve(replicas[0]!, 'web-1', 80)
  await using _two = await serve(replicas[1]!, 'web-2', 80)
  await using _three = await serve(replicas[2]!, 'web-3', 80)
  await Promise.all(replicas.map(each => here.networks.publish(each)))
  const names = async (count: number) => (await ask('host', '127.0.0.1:8080', {count})).map(each => each.split(' ')[0])
  expect((await names(6)).sort()).toEqual(['web-1', 'web-1', 'web-2', 'web-2', 'web-3', 'web-3'])
  await here.networks.unpublish(replicas[1]!.id)
  expect((await names(4)).sort()).toEqual(['web-1', 'web-1', 'web-3', 'web-3'])
})

test('a port of three replicas is spread evenly, whoever asks', async () => {
  await using here = await machine()
  await using far = await outside()
  const front = await here.network('front')
  await here.network('other')
  const wanted = {networks: ['front'], ports: [port(80, 8080)], project: 'shop', service: 'web'}
  const names = ['web-1', 'web-2', 'web-3']
  const replicas = await Promise.all(names.map(name => here.container(name, wanted)))
  await using _one = await serve(replicas[0]!, 'web-1', 80)
  await using _two = await serve(replicas[1]!, 'web-2', 80)
  await using _three = await serve(replicas[2]!, 'web-3', 80)
  for (const each of replicas) await here.networks.publish(each)
  const neighbour = await here.container('neighbour', {networks: ['front']})
  const stranger = await here.container('stranger', {networks: ['other']})
  for (const [who, place, address] of [
    ['outside', far.netns, far.host],
    ['the host', 'host', '127.0.0.1'],
    ['the host by its address', 'host', far.host],
    ['the host by IPv6', 'host', '::1'],
    ['a neighbour', neighbour, front.gateway],
    ['a container elsewhere', stranger, far.host],
    ['a replica itself', replicas[0]!, far.host],
  ] as const) {
    const answers = await ask(place, `${address}:8080`, {count: 9})
    const counts = names.map(name => answers.filter(each => each.startsWith(`${name} `)).length)
    expect(counts, `${who}: ${answers}`).toEqual([3, 3, 3])
  }
})

test('who has a healthcheck gets connections once healthy; where nobody is, all do', async () => {
  await using here = await machine()
  await here.network('front')
  const wanted = {networks: ['front'], ports: [port(80, 8080)], project: 'shop', service: 'web', hasHealthcheck: true}
  const [one, two] = [await here.container('web-1', wanted), await here.container('web-2', wanted)]
  await using _one = await serve(one, 'web-1', 80)
  await using _two = await serve(two, 'web-2', 80)
  for (const each of [one, two]) await here.networks.publish(each)
  const names = async () => (await ask('host', '127.0.0.1:8080', {count: 4})).map(each => each.split(' ')[0]).sort()
  expect(await names()).toEqual(['web-1', 'web-1', 'web-2', 'web-2'])
  await here.networks.setReady(one.id, true)
  expect(await names()).toEqual(['web-1', 'web-1', 'web-1', 'web-1'])
  await here.networks.setReady(two.id, true)
  expect(await names()).toEqual(['web-1', 'web-1', 'web-2', 'web-2'])
  await here.networks.setReady(one.id, false)
  expect(await names()).toEqual(['web-2', 'web-2', 'web-2', 'web-2'])
  await here.networks.unpublish(two.id)
  expect(await names()).toEqual(['web-1', 'web-1', 'web-1', 'web-1'])
})

test('a port that is taken says by whom, and nothing of the others is kept', async () => {
  await using here = await machine()
  await here.network('front')
  const web = await here.container('web', {
    networks: ['front'],
    ports: [port(80, 8080)],
    project: 'shop',
    service: 'web',
  })
  await here.networks.publish(web)
  const other = await here.container('other', {networks: ['front'], ports: [port(80, 8079), port(80, 8080)]})
  await expect(here.networks.publish(other)).rejects.toMatchObject({
    code: 'port-taken',
    message: 'port 8080 is taken by container web of project shop',
  })
  await using busy = await serve('host', 'busy', 8079)
  const third = await here.container('third', {networks: ['front'], ports: [port(80, 8079, {protocol: 'udp'})]})
  await expect(here.networks.publish(third)).rejects.toThrow(`port 8079 is taken by node (pid ${busy.pid})`)
  expect(here.networks.published(third.id)).toEqual([])
})

test('who has a port is known before anything is started', async () => {
  await using here = await machine()
  await here.network('front')
  const shop = {networks: ['front'], project: 'shop', service: 'web'}
  const web = await here.container('web', {
    ...shop,
    ports: [port(80, 8080, {hostIp: '127.0.0.1'}), port(81, '8000-8001')],
  })
  await here.networks.publish(web)
  await using busy = await serve('host', 'busy', 8079)
  const taken = async (
    service: string,
    number: number,
    {leaving = [] as string[], hostIp = '', isShared = true} = {},
  ) => {
    const asked = {service, hostIp, port: number, protocol: 'tcp', isShared} as const
    const found = await here.networks.takenPorts({project: 'shop', leaving, ports: [asked]})
    return found.map(each => each.problem)
  }
  expect(await taken('web', 8080), 'replicas have it together').toEqual([])
  expect(await taken('api', 8080)).toEqual(['port 8080 is taken by container web of project shop'])
  expect(await taken('api', 8080, {leaving: [web.id]})).toEqual([])
  expect(await taken('api', 8080, {hostIp: '198.51.100.1'})).toEqual([])
  expect(await taken('web', 8000, {isShared: false})).toEqual(['port 8000 is taken by container web of project shop'])
  expect(await taken('web', 8001, {isShared: false})).toEqual([])
  expect(await taken('web', 8079)).toEqual([`port 8079 is taken by node (pid ${busy.pid})`])
  expect(await taken('web', 8081, {hostIp: '192.0.2.1'})).toEqual([expect.stringContaining('no address 192.0.2.1')])
  await here.networks.publish(await here.container('free', {networks: ['front'], ports: [port(80, 8078)]}))
})

test('another program that wants a published port gets EADDRINUSE', async () => {
  await using here = await machine()
  await here.network('front')
  await here.networks.publish(await here.container('web', {networks: ['front'], ports: [port(80, 8080)]}))
  const {createServer} = await import('node:net')
  const failure = await new Promise(resolve => createServer().once('error', resolve).listen(8080, '127.0.0.1'))
  expect(failure).toMatchObject({code: 'EADDRINUSE'})
})

test('a free port and one of a range are chosen, and kept over a restart', async () => {
  await using here = await machine()
  await here.network('front')
  const wanted = {networks: ['front'], ports: [port(80, ''), port(81, '8000-8002')]}
  const web = await here.container('web', wanted)
  await here.networks.publish(await here.container('first', {networks: ['front'], ports: [port(80, 8000)]}))
  const numbers = (await here.networks.publish(web)).map(each => each.hostPortNumber)
  expect(numbers[0]).toBeGreaterThan(1023)
  expect(numbers[1]).toBe(8001)
  await here.networks.unpublish(web.id)
  await here.networks.attach(web)
  expect((await here.networks.publish(web)).map(each => each.hostPortNumber)).toEqual(numbers)
  const full = {networks: ['front'], ports: [port(80, '8000-8001')]}
  await expect(here.networks.publish(await here.container('late', full))).rejects.toThrow(
    'all ports of 8000-8001 are taken',
  )
})

test('a UDP client that never stops sending reaches the container that comes after the first', async () => {
  await using here = await machine()
  await here.network('front')
  const ports = [port(80, 8080, {protocol: 'udp'})]
  const first = await here.container('first', {networks: ['front'], ports})
  await using _first = await serve(first, 'first', 80)
  await here.networks.publish(first)
  const socket = createSocket('udp4')
  const answer = async () => {
    const heard = once(socket, 'message', {signal: AbortSignal.timeout(2000)})
    socket.send('?', 8080, '127.0.0.1')
    return String((await heard)[0]).split(' ')[0]
  }
  try {
    expect(await answer()).toBe('first')
    await here.networks.detach(first.id)
    const second = await here.container('second', {networks: ['front'], ports})
    await using _second = await serve(second, 'second', 80)
    await here.networks.publish(second)
    expect(await answer()).toBe('second')
  } finally {
    socket.close()
  }
})

test('a port of 127.0.0.1 is not reached from outside', async () => {
  await using here = await machine()
  await using far = await outside()
  await here.network('front')
  const web = await here.container('web', {networks: ['front'], ports: [port(80, 8080, {hostIp: '127.0.0.1'})]})
  await using _ = await serve(web, 'web', 80)
  await here.networks.publish(web)
  expect((await ask('host', '127.0.0.1:8080'))[0]).toContain('web to')
  expect(await ask('host', `${far.host}:8080`)).toEqual(['ECONNREFUSED'])
  expect(await ask(far.netns, `${far.host}:8080`)).toEqual(['ECONNREFUSED'])
})

test('published ports work on after the daemon has started again', async () => {
  await using here = await machine()
  await here.network('front')
  const web = await here.container('web', {networks: ['front'], ports: [port(80, 8080)]})
  await using _ = await serve(web, 'web', 80)
  await here.networks.publish(web)
  await here.networks.close()
  expect((await ask('host', '127.0.0.1:8080'))[0], 'while there is none').toContain('web to')
  await here.restart()
  expect((await ask('host', '127.0.0.1:8080'))[0]).toContain('web to')
  expect((await ask('host', '::1:8080'))[0]).toContain('web to')
  expect(here.networks.published(web.id)).toHaveLength(1)
})
