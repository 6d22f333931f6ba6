import {expect, test} from 'vitest'
import {ask, machine, recordOf, run, serve} from './machine.ts'

const ifname = 'com.docker.network.endpoint.ifname'
type Shown = {ifname: string; address: string; addr_info: {local: string; prefixlen: number}[]}
const inside = (place: Parameters<typeof run>[0]): Shown[] => JSON.parse(run(place, 'ip', '-j', 'address'))
const addressesOf = (place: Parameters<typeof run>[0], name: string) =>
  inside(place)
    .find(each => each.ifname === name)
    ?.addr_info.map(each => `${each.local}/${each.prefixlen}`)

test('interfaces have the names that were asked for, the others the first that are free', async () => {
  await using here = await machine()
  for (const name of ['a', 'b', 'c']) await here.network(name)
  const web = await here.container('web', {
    networks: ['a', 'b', 'c'],
    more: {a: {options: {[ifname]: 'eth1'}}, c: {options: {[ifname]: 'data0'}}},
  })
  const names = here.networks.endpoints(web.id).map(each => each.interface)
  expect(names).toEqual(['eth1', 'eth0', 'data0'])
  expect(
    inside(web)
      .map(each => each.ifname)
      .sort(),
  ).toEqual(['data0', 'eth0', 'eth1', 'lo'])
  for (const [wrong, message] of [
    ['lo', 'no name for an interface'],
    ['a/b', 'no name for an interface'],
    ['sixteen-letters-', 'no name for an interface'],
  ] as const) {
    const record = recordOf('bad', {networks: ['a'], more: {a: {options: {[ifname]: wrong}}}})
    await expect(here.networks.attach(record), wrong).rejects.toThrow(message)
  }
  const twice = {a: {options: {[ifname]: 'x'}}, b: {options: {[ifname]: 'x'}}}
  await expect(here.networks.attach(recordOf('bad', {networks: ['a', 'b'], more: twice}))).rejects.toThrow(
    'two networks',
  )
  expect(here.warnings).toEqual([])
})

test('the default route is of the highest gateway priority, whatever the order of the interfaces', async () => {
  await using here = await machine()
  await here.network('a')
  const {gateway} = await here.network('b')
  await here.network('closed', {internal: true})
  const web = await here.container('web', {
    networks: ['a', 'b', 'closed'],
    more: {b: {gatewayPriority: 1}, closed: {gatewayPriority: 9}, a: {gatewayPriority: -1}},
  })
  expect(run(web, 'ip', 'route')).toContain(`default via ${gateway} dev eth1`)
})

test('link-local addresses are given in addition, and neighbours reach them', async () => {
  await using here = await machine()
  await here.network('a')
  const linkLocalIps = ['169.254.8.8', 'fe80::8:8', '198.51.100.8']
  const web = await here.container('web', {networks: ['a'], more: {a: {linkLocalIps}}})
  const two = await here.container('two', {networks: ['a'], more: {a: {linkLocalIps: ['169.254.8.9']}}})
  expect(addressesOf(web, 'eth0')).toEqual(
    expect.arrayContaining(['169.254.8.8/16', 'fe80::8:8/64', '198.51.100.8/32']),
  )
  await using _ = await serve(web, 'web', 80)
  expect(await ask(two, '169.254.8.8:80')).toEqual(['web to 169.254.8.9'])
  const wrong = recordOf('bad', {networks: ['a'], more: {a: {linkLocalIps: ['fe80']}}})
  await expect(here.networks.attach(wrong)).rejects.toThrow('not an IP address')
})

test('mac_address, ipv4_address and ipv6_address are what the container has', async () => {
  await using here = await machine()
  await here.network('a', {enableIpv6: true, subnet: '10.99.0.0/24', subnet6: 'fd12:3456:789a:1::/64'})
  const asked = {ipv4Address: '10.99.0.77', ipv6Address: 'fd12:3456:789a:1::77', macAddress: '02:42:aa:bb:cc:dd'}
  const web = await here.container('web', {networks: ['a'], more: {a: asked}})
  expect(addressesOf(web, 'eth0')).toEqual(expect.arrayContaining(['10.99.0.77/24', 'fd12:3456:789a:1::77/64']))
  expect(inside(web).find(each => each.ifname === 'eth0')?.address).toBe(asked.macAddress)
  expect(run(web, 'ip', '-6', 'route')).toContain('default via fd12:3456:789a:1::1 dev eth0')
  for (const [more, message] of [
    [{ipv6Address: asked.ipv6Address}, 'in use already'],
    [{ipv6Address: 'fd12:3456:789a:2::77'}, 'is not one of network "a"'],
    [{ipv6Address: 'fd12:3456:789a:1::1'}, 'is not one of network "a"'],
    [{ipv4Address: asked.ipv4Address}, 'in use already'],
    [{ipv4Address: '10.98.0.1'}, 'is not one of network "a"'],
  ] as const) {
    const record = recordOf('bad', {networks: ['a'], more: {a: more}})
    await expect(here.networks.attach(record)).rejects.toThrow(message)
    expect(here.networks.endpoints(record.id)).toEqual([])
  }
  await here.network('b')
  const without = recordOf('bad', {networks: ['b'], more: {b: {ipv6Address: 'fd00::1'}}})
  await expect(here.networks.attach(without)).rejects.toThrow('has no IPv6')
})

test('addresses come from ip_range, and those that are set aside are given to nobody', async () => {
  await using here = await machine()
  const aux = {router: '10.99.0.65', printer: '10.99.0.67', far: '10.99.0.200'}
  await here.network('a', {subnet: '10.99.0.0/24', gateway: '10.99.0.1', range: '10.99.0.64/30', aux})
  const one = await here.container('one', {networks: ['a']})
  const two = await here.container('two', {networks: ['a']})
  expect([one, two].map(each => addressesOf(each, 'eth0')?.[0])).toEqual(['10.99.0.64/24', '10.99.0.66/24'])
  await expect(here.networks.attach(recordOf('three', {networks: ['a']}))).rejects.toThrow(
    'no free address in 10.99.0.64',
  )
  const asked = await here.container('asked', {networks: ['a'], address: '10.99.0.199'})
  expect(addressesOf(asked, 'eth0')?.[0], 'outside the range by name').toBe('10.99.0.199/24')
  const record = recordOf('four', {networks: ['a'], address: aux.far})
  await expect(here.networks.attach(record)).rejects.toThrow('is set aside for "far"')
  await here.restart()
  await expect(here.networks.attach(recordOf('five', {networks: ['a']}))).rejects.toThrow('no free address')
})

test('ranges that are not of the subnet are refused, and nothing is made', async () => {
  await using here = await machine()
  const subnet = '10.99.0.0/24'
  for (const [more, message] of [
    [{range: '10.98.0.0/25'}, 'ip_range 10.98.0.0/25 is not in its subnet'],
    [{range: '10.99.0.0/16'}, 'ip_range'],
    [{range: 'many'}, 'ip_range'],
    [{aux: {printer: '10.98.0.1'}}, 'address 10.98.0.1 of "printer"'],
    [{gateway6: 'fd00::1', subnet6: 'fd12::/64', enableIpv6: true}, 'is not in its subnet fd12::/64'],
  ] as const) {
    await expect(here.network('a', {subnet, ...more})).rejects.toThrow(message)
  }
  expect(here.networks.list()).toEqual([])
})
