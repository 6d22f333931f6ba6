import {execFile} from 'node:child_process'
import {createSocket} from 'node:dgram'
import {once} from 'node:events'
import {createServer} from 'node:net'
import {promisify} from 'node:util'
import {decode, encode, type Packet} from 'dns-packet'
import {expect, test} from 'vitest'
import {serveDns} from '../../../src/daemon/dns/serve.ts'
import type {ContainerRecord} from '../../../src/model/container.ts'
import {type Machine, machine, paths} from '../network/machine.ts'

/** Asks from inside a container: by UDP with Node's resolver, by TCP byte by byte. */
const script = `
const [transport, server, type, name] = process.argv.slice(1)
if (transport === 'udp') {
  const resolver = new (require('node:dns').promises.Resolver)({timeout: 4000, tries: 1})
  resolver.setServers([server])
  resolver.resolve(name, type).then(found => console.log(JSON.stringify(found)), e => console.log(JSON.stringify(e.code)))
} else {
  const query = Buffer.from(name, 'hex')
  const c = require('node:net').connect(53, server)
  c.end(Buffer.concat([Buffer.from([query.length >> 8, query.length & 255]), query]))
  let all = Buffer.alloc(0)
  c.on('data', part => { all = Buffer.concat([all, part]); if (all.length >= 2 + all.readUInt16BE()) c.destroy() })
  c.on('close', () => console.log(JSON.stringify(all.subarray(2).toString('hex'))))
}`
const start = promisify(execFile)

async function ask(
  from: ContainerRecord,
  server: string,
  type: string,
  name: string,
  transport = 'udp',
): Promise<unknown> {
  const netns = `--net=${paths.container(from.id).netns}`
  const {stdout} = await start('nsenter', [netns, process.execPath, '-e', script, transport, server, type, name], {
    timeout: 15_000,
  })
  return JSON.parse(stdout)
}

async function askByTcp(from: ContainerRecord, server: string, name: string): Promise<Packet> {
  const query = encode({type: 'query', id: 5, flags: 0x100, questions: [{type: 'A', name}]})
  return decode(Buffer.from(String(await ask(from, server, 'A', query.toString('hex'), 'tcp')), 'hex'))
}

async function serving(here: Machine, running: (id: string) => boolean = () => true) {
  const dns = await serveDns({networks: here.networks, isRunning: running, warn: doing => here.warnings.push(doing)})
  return {[Symbol.asyncDispose]: () => dns.close()}
}

test('neighbours have names: service, container, alias, short id', async () => {
  await using here = await machine()
  await using _ = await serving(here)
  const {gateway} = await here.network('shop_front')
  await here.network('shop_back')
  const one = await here.container('shop-web-1', {networks: ['shop_front'], service: 'web', aliases: ['www']})
  const two = await here.container('shop-web-2', {networks: ['shop_front'], service: 'web'})
  await here.container('shop-db-1', {networks: ['shop_back'], service: 'db'})
  const [first, second] = [one, two].map(each => here.networks.endpoints(each.id)[0]?.address ?? '')
  for (const name of ['shop-web-1', 'www', one.id.slice(0, 12), 'shop-web-1.shop_front']) {
    expect(await ask(two, gateway, 'A', name), name).toEqual([first])
  }
  expect(((await ask(two, gateway, 'A', 'web')) as string[]).sort()).toEqual([first, second].sort())
  expect(await ask(two, gateway, 'AAAA', 'www'), 'no address of that kind').toBe('ENODATA')
  const reversed = first?.split('.').reverse().join('.')
  expect(await ask(two, gateway, 'PTR', `${reversed}.in-addr.arpa`)).toEqual(['shop-web-1.shop_front'])
  expect((await askByTcp(two, gateway, 'www')).answers).toMatchObject([{data: first}])
  expect(await ask(two, gateway, 'A', 'db'), 'on another network').toBe('ESERVFAIL')
  expect(here.warnings).toEqual([])
})

test('who does not run has no address', async () => {
  await using here = await machine()
  const stopped = new Set<string>()
  await using _ = await serving(here, id => !stopped.has(id))
  const {gateway} = await here.network('a')
  const one = await here.container('one', {networks: ['a']})
  const two = await here.container('two', {networks: ['a']})
  expect(await ask(two, gateway, 'A', 'one')).toHaveLength(1)
  stopped.add(one.id)
  expect(await ask(two, gateway, 'A', 'one')).toBe('ENOTFOUND')
})

/** A server elsewhere: knows 192.0.2.7 by every name that `knows` says. */
async function upstream(address: string, knows: (name: string) => boolean = () => true): Promise<AsyncDisposable> {
  const answer = (query: Buffer): Buffer => {
    const {id, questions} = decode(query)
    const name = questions?.[0]?.name ?? ''
    return encode({
      type: 'response',
      id: id!,
      flags: knows(name) ? 0x8180 : 0x8183,
      questions: questions!,
      answers: knows(name) ? [{type: 'A', name, ttl: 1, data: '192.0.2.7'}] : [],
    })
  }
  const udp = createSocket('udp4')
  udp.on('message', (query, client) => udp.send(answer(query), client.port, client.address))
  const tcp = createServer(client =>
    client.on('data', part => {
      const bytes = answer(part.subarray(2))
      client.end(Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]))
    }),
  )
  await once(udp.bind(53, address), 'listening')
  await once(tcp.listen(53, address), 'listening')
  return {
    async [Symbol.asyncDispose]() {
      udp.close()
      await new Promise(closed => tcp.close(closed))
    },
  }
}

test('other names are asked of the servers that the container wants, single words too', async () => {
  await using here = await machine()
  await using _ = await serving(here)
  await using _up = await upstream('127.0.0.9')
  const {gateway} = await here.network('a')
  const one = await here.container('one', {networks: ['a'], dns: ['127.0.0.10', '127.0.0.9']})
  expect(await ask(one, gateway, 'A', 'example.org')).toEqual(['192.0.2.7'])
  expect(await ask(one, gateway, 'A', 'printer')).toEqual(['192.0.2.7'])
  expect((await askByTcp(one, gateway, 'example.org')).answers).toMatchObject([{data: '192.0.2.7'}])
})

test('what one container calls another by a link nobody else does, and on their common network only', async () => {
  await using here = await machine()
  await using _ = await serving(here)
  await using _up = await upstream('127.0.0.9', () => false)
  const {gateway} = await here.network('a')
  await here.network('b')
  const dns = ['127.0.0.9']
  const db = await here.container('shop-db-1', {networks: ['a'], service: 'db'})
  const old = await here.container('old', {networks: ['b']})
  const links = ['db:Database', 'old:legacy', 'old']
  const web = await here.container('web', {networks: ['a'], dns, more: {a: {links}}})
  const other = await here.container('other', {networks: ['a'], dns})
  const address = here.networks.endpoints(db.id)[0]?.address
  expect(await ask(web, gateway, 'A', 'database')).toEqual([address])
  expect(await ask(web, gateway, 'A', 'DATABASE.a')).toEqual([address])
  expect(await ask(web, gateway, 'A', 'db')).toEqual([address])
  expect(await ask(other, gateway, 'A', 'database')).toBe('ENOTFOUND')
  expect(await ask(web, gateway, 'A', 'legacy'), 'of another network').toBe('ENOTFOUND')
  await here.container('shop-db-2', {networks: ['a'], service: 'db'})
  expect(await ask(web, gateway, 'A', 'database'), 'a replica that came later').toHaveLength(2)
  const both = await here.container('both', {networks: ['a', 'b'], more: {b: {links}}})
  expect(await ask(both, gateway, 'A', 'legacy')).toEqual([here.networks.endpoints(old.id)[0]?.address])
})

test('single words are looked up in the search domains, after the neighbours', async () => {
  await using here = await machine()
  await using _ = await serving(here)
  await using _up = await upstream('127.0.0.9', name => name === 'printer.example.org' || name === 'web.example.org')
  const {gateway} = await here.network('a')
  const search = ['example.com', 'example.org']
  const one = await here.container('one', {networks: ['a'], dns: ['127.0.0.9'], search})
  const web = await here.container('web', {networks: ['a'], dns: ['127.0.0.9'], search: ['.']})
  expect(await ask(one, gateway, 'A', 'printer')).toEqual(['192.0.2.7'])
  expect((await askByTcp(one, gateway, 'printer')).answers).toMatchObject([
    {type: 'CNAME', name: 'printer', data: 'printer.example.org'},
    {type: 'A', name: 'printer.example.org', data: '192.0.2.7'},
  ])
  expect(await ask(one, gateway, 'A', 'web')).toEqual([here.networks.endpoints(web.id)[0]?.address])
  expect(await ask(one, gateway, 'A', 'web.example.org')).toEqual(['192.0.2.7'])
  expect(await ask(one, gateway, 'A', 'nobody')).toBe('ENOTFOUND')
  expect(await ask(web, gateway, 'A', 'printer'), 'no search').toBe('ENOTFOUND')
})

test('without a server that answers it says so soon; from an internal network nothing is asked', async () => {
  await using here = await machine()
  await using _ = await serving(here)
  await using _up = await upstream('127.0.0.9')
  const open = await here.network('open')
  const closed = await here.network('closed', {internal: true})
  const one = await here.container('one', {networks: ['open'], dns: ['127.0.0.10']})
  const two = await here.container('two', {networks: ['closed'], dns: ['127.0.0.9']})
  const begin = Date.now()
  expect(await ask(one, open.gateway, 'A', 'example.org')).toBe('ESERVFAIL')
  expect(Date.now() - begin).toBeLessThan(3000)
  expect(await ask(two, closed.gateway, 'A', 'example.org')).toBe('ENOTFOUND')
})

test('where another program has port 53 it is served on another one', async () => {
  await using here = await machine()
  const other = createSocket('udp4')
  await once(other.bind(53, '0.0.0.0'), 'listening')
  try {
    await using _ = await serving(here)
    const {gateway} = await here.network('a')
    const one = await here.container('one', {networks: ['a']})
    const two = await here.container('two', {networks: ['a']})
    const address = here.networks.endpoints(one.id)[0]?.address
    expect(await ask(two, gateway, 'A', 'one')).toEqual([address])
    expect((await askByTcp(two, gateway, 'one')).answers).toMatchObject([{data: address}])
  } finally {
    other.close()
  }
})

test('nobody but containers is answered, and a network that goes takes its server with it', async () => {
  await using here = await machine()
  await using _ = await serving(here)
  const {gateway} = await here.network('a')
  const socket = createSocket('udp4')
  socket.send(encode({type: 'query', id: 5, questions: [{type: 'A', name: 'one'}]}), 53, gateway)
  const [answer] = await once(socket, 'message')
  expect(decode(answer)).toMatchObject({rcode: 'REFUSED'})
  await here.networks.remove('a')
  socket.close()
  expect(here.warnings).toEqual([])
})

test('a service’s name and aliases are its one address, replicas or not; tasks.NAME are its replicas', async () => {
  await using here = await machine()
  const stopped = new Set<string>()
  await using _ = await serving(here, id => !stopped.has(id))
  const front = await here.network('front', {labels: {'com.docker.compose.project': 'shop'}})
  const web = {networks: ['front'], project: 'shop', service: 'web', aliases: ['web', 'www']}
  const replicas = [await here.container('web-1', web), await here.container('web-2', web)]
  const client = await here.container('client', {networks: ['front']})
  const [service] = here.networks.names.services(front.id, 'web')
  const own = replicas.map(each => here.networks.endpoints(each.id)[0]!.address)
  const a = (name: string) => ask(client, front.gateway, 'A', name)
  for (const name of ['web', 'WWW', 'web.front']) expect(await a(name), name).toEqual([service?.address])
  for (const name of ['tasks.web', 'tasks.www', 'tasks.web.front']) {
    expect(((await a(name)) as string[]).sort(), name).toEqual(own)
  }
  expect(await a('web-2')).toEqual([own[1]])
  const reversed = service!.address.split('.').reverse().join('.')
  expect(await ask(client, front.gateway, 'PTR', `${reversed}.in-addr.arpa`)).toEqual(['web.front'])

  stopped.add(replicas[0]!.id)
  expect(await a('tasks.web')).toEqual([own[1]])
  for (const each of replicas) await here.networks.detach(each.id)
  expect(await a('web')).toEqual([service?.address])
})

test('where the kernel cannot lead connections names are those of the replicas, and it is said', async () => {
  await using here = await machine({services: false})
  await using _ = await serving(here)
  const {gateway} = await here.network('front')
  const web = {networks: ['front'], project: 'shop', service: 'web', aliases: ['web']}
  const replicas = [await here.container('web-1', web), await here.container('web-2', web)]
  await here.networks.serve(replicas[0]!)
  await here.networks.withdraw(replicas[0]!.id)
  const own = replicas.map(each => here.networks.endpoints(each.id)[0]!.address)
  expect(((await ask(replicas[0]!, gateway, 'A', 'web')) as string[]).sort()).toEqual(own)
  expect(here.warnings).toEqual([expect.stringContaining('cgroup tree of version 2')])
})

test('without addresses for services a name is that of the replicas', async () => {
  await using here = await machine()
  await using _ = await serving(here)
  const {gateway} = await here.network('front')
  const turn = {networks: ['front'], project: 'shop', service: 'web', endpointMode: 'dnsrr'} as const
  const replicas = [await here.container('web-1', turn), await here.container('web-2', turn)]
  const own = replicas.map(each => here.networks.endpoints(each.id)[0]!.address)
  for (const name of ['web', 'tasks.web']) {
    expect(((await ask(replicas[0]!, gateway, 'A', name)) as string[]).sort(), name).toEqual(own)
  }
})

test('a port with a name is found by the service, and by each replica', async () => {
  await using here = await machine()
  await using _ = await serving(here)
  const front = await here.network('front', {enableIpv6: true})
  const more = {front: {options: {'stack.port_names': 'http=80/tcp,Logs=514/udp'}}}
  const web = {networks: ['front'], project: 'shop', service: 'web', aliases: ['web'], more}
  const replicas = [await here.container('web-1', web), await here.container('web-2', web)]
  const client = await here.container('client', {networks: ['front']})
  const srv = (name: string) => ask(client, front.gateway, 'SRV', name)
  expect(await srv('_http._tcp.web')).toMatchObject([{name: 'web', port: 80}])
  expect(await srv('_logs._udp.web.front')).toMatchObject([{name: 'web.front', port: 514}])
  const each = (await srv('_http._tcp.tasks.web')) as {name: string; port: number}[]
  expect(each.map(({name, port}) => `${name}:${port}`).sort()).toEqual(['web-1:80', 'web-2:80'])
  expect(await srv('_https._tcp.web')).toBe('ENODATA')
  expect(await srv('_http._tcp.client')).toBe('ENODATA')
  const {address6 = ''} = here.networks.endpoints(replicas[0]!.id)[0]!
  expect(await ask(client, front.gateway, 'AAAA', 'web-1')).toEqual([address6])
  expect(await ask(client, front.gateway, 'PTR', nibbles(address6)), 'by its IPv6 address').toEqual(['web-1.front'])
  const nobody = front.gateway.split('.').reverse().join('.')
  expect(await ask(client, front.gateway, 'PTR', `${nobody}.in-addr.arpa`), 'asked of nobody').toBe('ENOTFOUND')
})

/** The name that an IPv6 address is asked for by. */
function nibbles(address: string): string {
  const [left = '', right = ''] = address.split('::').map(each => each.split(':').filter(word => word !== ''))
  const words = [...left, ...Array(8 - left.length - right.length).fill('0'), ...right]
  const digits = words.map(word => String(word).padStart(4, '0')).join('')
  return `${[...digits].reverse().join('.')}.ip6.arpa`
}

test('an answer that is too long for a datagram says so, and TCP has all of it', async () => {
  await using here = await machine()
  await using _ = await serving(here)
  const {gateway} = await here.network('front')
  const turn = {networks: ['front'], project: 'shop', service: 'web', endpointMode: 'dnsrr'} as const
  const replicas = await Promise.all(Array.from({length: 40}, (_, index) => here.container(`web-${index}`, turn)))
  const found = await ask(replicas[0]!, gateway, 'A', 'web')
  expect(new Set(found as string[]).size, 'the resolver asked again by TCP').toBe(40)
  expect((await askByTcp(replicas[0]!, gateway, 'web')).answers).toHaveLength(40)
})
