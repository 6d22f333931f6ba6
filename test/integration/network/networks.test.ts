import {existsSync, readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {native} from '../../../src/native/binding.ts'
import {ask, machine, outside, paths, pinned, port, recordOf, run, serve} from './machine.ts'

const links = async () => (await native().listLinks({})).filter(each => each.name !== 'lo')

test('containers of one network reach each other, of two they do not', async () => {
  await using here = await machine()
  await here.network('a')
  await here.network('b')
  const one = await here.container('one', {networks: ['a']})
  const two = await here.container('two', {networks: ['a']})
  const other = await here.container('other', {networks: ['b']})
  const both = await here.container('both', {networks: ['b', 'a']})
  const at = `${here.networks.endpoints(one.id)[0]?.address}:80`
  await using _ = await serve(one, 'one', 80)
  expect((await ask(two, at))[0]).toContain('one to')
  expect((await ask(both, at))[0]).toContain('one to')
  expect(await ask(other, at)).toEqual(['timeout'])
})

test('a container reaches the outside as the host, unless its network is internal', async () => {
  await using here = await machine()
  await using far = await outside()
  await here.network('open')
  await here.network('closed', {internal: true})
  const out = await here.container('out', {networks: ['open']})
  const inside = await here.container('inside', {networks: ['closed'], ports: [port(80, 8080)]})
  await using _ = await serve(far.netns, 'far', 80)
  expect(await ask(out, `${far.address}:80`)).toEqual([`far to ${far.host}`])
  expect(await ask(inside, `${far.address}:80`)).toEqual(['ENETUNREACH'])
  run(inside, 'ip', 'route', 'add', 'default', 'via', here.networks.endpoints(inside.id)[0]!.gateway)
  expect(await ask(inside, `${far.address}:80`), 'with a route that it made itself').toEqual(['timeout'])
  expect(await here.networks.publish(inside)).toEqual([])
})

test('nobody outside reaches a container by its own address, nor a container the host by 127.0.0.1', async () => {
  await using here = await machine()
  await using far = await outside()
  const network = await here.network('a')
  const web = await here.container('web', {networks: ['a']})
  await using _ = await serve(web, 'web', 80)
  await using _host = await serve('host', 'host', 81)
  run(far.netns, 'ip', 'route', 'add', network.subnet, 'via', far.host)
  expect(await ask(far.netns, `${here.networks.endpoints(web.id)[0]?.address}:80`)).toEqual(['timeout'])
  run(web, 'ip', 'link', 'set', 'lo', 'down')
  run(web, 'sysctl', '-qw', 'net.ipv4.conf.all.route_localnet=1')
  run(web, 'ip', 'route', 'add', '127.0.0.1/32', 'via', network.gateway, 'table', 'main')
  run(web, 'ip', 'route', 'flush', 'table', 'local')
  run(web, 'ip', 'route', 'add', 'local', here.networks.endpoints(web.id)[0]!.address, 'dev', 'eth0', 'table', 'local')
  expect(await ask(web, '127.0.0.1:81')).toEqual(['timeout'])
  // The rules are looked after, and soon there again.
  const withoutRule = async () => {
    run('host', 'nft', 'flush', 'chain', 'inet', 'stack', 'martians')
    return (await ask(web, '127.0.0.1:81'))[0]
  }
  await expect.poll(withoutRule, {timeout: 10_000, message: 'it is the rule that keeps it out'}).toContain('host to')
})

test('the first endpoint has the default route, interfaces are in order', async () => {
  await using here = await machine()
  await here.network('closed', {internal: true})
  await here.network('a')
  await here.network('b')
  const web = await here.container('web', {networks: ['closed', 'b', 'a']})
  const [closed, b] = here.networks.endpoints(web.id)
  expect(run(web, 'ip', 'route')).toContain(`default via ${b?.gateway} dev eth1`)
  expect(closed?.interface).toBe('eth0')
  expect((await native().listLinks({netns: paths.container(web.id).netns})).map(each => each.name).sort()).toEqual([
    'eth0',
    'eth1',
    'eth2',
    'lo',
  ])
})

test('without a network there is lo only, and of the host’s there is no namespace', async () => {
  await using here = await machine()
  const none = await here.container('none', {mode: 'none'})
  expect(await native().listLinks({netns: paths.container(none.id).netns})).toMatchObject([{name: 'lo', up: true}])
  const host = await here.container('host', {mode: 'host'})
  await expect(native().listLinks({netns: paths.container(host.id).netns})).rejects.toMatchObject({code: 'ENOENT'})
})

test('an address is kept over attach, a restart of the daemon and a reboot', async () => {
  await using here = await machine()
  await here.network('a')
  const web = await here.container('web', {networks: ['a']})
  const before = here.networks.endpoints(web.id)
  expect(await here.networks.attach(web)).toEqual(before)
  await here.restart()
  expect(here.networks.endpoints(web.id)).toEqual(before)
  const later = await here.container('later', {networks: ['a']})
  expect(here.networks.endpoints(later.id)[0]?.address).not.toBe(before[0]?.address)
  // What a reboot takes: namespaces, links and rules.
  await here.networks.close()
  const {pins} = paths
  await native().deleteNetns({paths: [web, later].map(each => pinned(paths.container(each.id).netns).path), pins})
  for (const each of (await links()).filter(link => link.kind === 'bridge'))
    await native().deleteLink({name: each.name})
  run('host', 'nft', 'flush', 'ruleset')
  await here.restart()
  expect(await here.networks.attach(web)).toEqual(before)
  await here.networks.attach(later)
  await using _ = await serve(web, 'web', 80)
  expect((await ask(later, `${before[0]?.address}:80`))[0]).toContain('web to')
  expect(here.warnings).toEqual([])
})

test('a daemon that starts repairs a deleted bridge and flushed rules under a running container', async () => {
  await using here = await machine()
  const {bridge} = await here.network('a')
  const web = await here.container('web', {networks: ['a'], ports: [port(80, 8080)]})
  await here.networks.publish(web)
  await using _ = await serve(web, 'web', 80)
  await native().deleteLink({name: bridge})
  run('host', 'nft', 'flush', 'ruleset')
  await here.restart()
  expect((await ask('host', '127.0.0.1:8080'))[0]).toContain('web to')
  expect(here.warnings).toEqual([])
})

test('an address that was asked for is given once, and only where it belongs', async () => {
  await using here = await machine()
  await here.network('a', {subnet: '10.99.0.0/24', gateway: '10.99.0.254'})
  const web = await here.container('web', {networks: ['a'], address: '10.99.0.7'})
  expect(here.networks.endpoints(web.id)[0]).toMatchObject({
    address: '10.99.0.7',
    gateway: '10.99.0.254',
    mac: '02:42:0a:63:00:07',
  })
  await expect(here.container('late', {networks: ['a'], address: '10.99.0.7'})).rejects.toMatchObject({
    code: 'conflict',
  })
  await expect(here.container('far', {networks: ['a'], address: '10.98.0.7'})).rejects.toMatchObject({
    code: 'bad-request',
  })
  await expect(here.container('gone', {networks: ['b']})).rejects.toMatchObject({code: 'not-found'})
})

test('a failed attach leaves nothing', async () => {
  await using here = await machine()
  await here.network('a')
  await here.network('b')
  const {mkdir} = await import('node:fs/promises')
  const record = recordOf('web', {networks: ['a', 'b']})
  const broken = {
    ...record,
    endpoints: record.endpoints.map((each, index) => (index ? {...each, macAddress: 'ff:ff:ff:ff:ff:ff'} : each)),
  }
  await mkdir(paths.container(record.id).directory, {recursive: true})
  const before = (await links()).length
  await expect(here.networks.attach(broken)).rejects.toThrow('attach "web" to network "b"')
  expect(here.networks.endpoints(record.id)).toEqual([])
  await expect(native().listLinks({netns: paths.container(record.id).netns})).rejects.toMatchObject({code: 'ENOENT'})
  await expect.poll(async () => (await links()).length).toBe(before)
})

test('a network says who it is and goes when nobody is on it', async () => {
  await using here = await machine()
  const network = await here.network('shop_front')
  expect(network.bridge).toMatch(/^stk[0-9a-f]{11}$/)
  expect(await links()).toContainEqual(
    expect.objectContaining({name: network.bridge, alias: 'stack network shop_front', kind: 'bridge'}),
  )
  expect(readFileSync(`/proc/sys/net/ipv4/conf/${network.bridge}/route_localnet`, 'utf8').trim()).toBe('1')
  await expect(here.network('shop_front')).rejects.toMatchObject({code: 'conflict'})
  const web = await here.container('web', {networks: ['shop_front']})
  await expect(here.networks.remove('shop_front')).rejects.toMatchObject({code: 'conflict'})
  await here.networks.detach(web.id)
  await here.networks.detach(web.id)
  await here.networks.remove(network.id)
  expect(here.networks.list()).toEqual([])
  await expect.poll(() => run('host', 'nft', 'list', 'tables')).toBe('')
  await expect.poll(links).toEqual([])
})

test('a network can be made again at once, on the same subnet, while the kernel still removes the last one', async () => {
  await using here = await machine()
  for (let round = 0; round < 3; round++) {
    await here.network('again', {subnet: '10.99.0.0/24'})
    await here.networks.remove('again')
  }
  await expect.poll(links).toEqual([])
})

test('rules of others are left alone', async () => {
  await using here = await machine()
  run('host', 'nft', 'add', 'table', 'ip', 'nat')
  await here.network('a')
  await here.networks.remove('a')
  await expect.poll(() => run('host', 'nft', 'list', 'tables')).toBe('table ip nat\n')
  run('host', 'nft', 'delete', 'table', 'ip', 'nat')
})

test('with IPv6 there is an address of it, and a way out', async () => {
  await using here = await machine()
  await here.network('six', {enableIpv6: true})
  const one = await here.container('one', {networks: ['six']})
  const two = await here.container('two', {networks: ['six']})
  const address6 = here.networks.endpoints(two.id)[0]?.address6 ?? ''
  expect(address6).toMatch(/^fd/)
  expect(run(one, 'busybox', 'ping', '-6', '-c1', '-W2', address6)).toContain('1 packets received')
  expect(run(one, 'ip', '-6', 'route')).toContain('default via fd')
})

test('many containers attach at once, each with an address of its own', async () => {
  await using here = await machine()
  await here.network('a')
  const all = await Promise.all(Array.from({length: 40}, (_, index) => here.container(`c${index}`, {networks: ['a']})))
  expect(new Set(all.map(each => here.networks.endpoints(each.id)[0]?.address)).size).toBe(40)
})

test('an address pool that is used up says so and what to do, and takes again what was given back', async () => {
  await using here = await machine()
  await here.network('a', {subnet: '10.99.0.0/29'})
  const all = await Promise.all([1, 2, 3, 4, 5].map(each => here.container(`c${each}`, {networks: ['a']})))
  const before = (await links()).length
  await expect(here.container('late', {networks: ['a']})).rejects.toMatchObject({
    message: expect.stringContaining('no free address in 10.99.0.0/29'),
    hint: expect.stringContaining('larger subnet'),
  })
  expect(await links()).toHaveLength(before)
  const given = here.networks.endpoints(all[2]!.id)[0]?.address
  await here.networks.detach(all[2]!.id)
  const next = await here.container('next', {networks: ['a']})
  expect(here.networks.endpoints(next.id)[0]?.address).toBe(given)
})

test('a subnet that clashes with a route or an address of the host is refused, and which is said', async () => {
  await using here = await machine()
  await using far = await outside()
  run('host', 'ip', 'route', 'add', '10.50.0.0/16', 'via', far.address)
  await expect(here.network('a', {subnet: '10.50.4.0/24'})).rejects.toMatchObject({
    code: 'conflict',
    message: 'network "a": subnet 10.50.4.0/24 overlaps the route 10.50.0.0/16 via 198.51.100.2 dev out0 of this host',
  })
  await expect(here.network('a', {subnet: '198.51.0.0/16'})).rejects.toThrow(/the (route|address) 198\.51\.100\.\S+/)
  expect((await links()).filter(each => each.kind === 'bridge')).toEqual([])
  run('host', 'ip', 'route', 'del', '10.50.0.0/16')
})

test('a namespace that a killed daemon did not get to is removed by the next one, and no other', async () => {
  await using here = await machine()
  await here.network('a')
  const kept = await here.container('kept', {networks: ['a']})
  const stray = `${paths.netnsDirectory}/left-behind`
  await native().createNetns(pinned(stray))
  await here.restart()
  await expect.poll(() => existsSync(stray)).toBe(false)
  expect(run(kept, 'ip', '-br', 'link')).toContain('eth0')
  expect(here.warnings).toEqual([])
})
