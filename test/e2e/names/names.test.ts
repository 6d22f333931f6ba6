import {expect, test} from 'vitest'
import {Workplace} from '../../support/stack.ts'

const compose = `
services:
  db:
    image: host://
    command: sleep infinity
    init: true
    networks: [back]
  web:
    image: host://
    command: sleep infinity
    init: true
    hostname: shopfront
    domainname: example.org
    links: ["db:database"]
    external_links: ["\${OLD:-names-old}:legacy"]
    dns_search: [example.com, example.net]
    dns_opt: ["timeout:1", "ndots:0"]
    extra_hosts: ["printer:192.0.2.9", "host.docker.internal:host-gateway"]
    networks:
      back: {priority: 5, mac_address: "02:42:0a:63:00:07", ipv4_address: 10.99.0.200, driver_opts: {com.docker.network.endpoint.ifname: back0}}
      front: {gw_priority: 1, interface_name: front0, link_local_ips: [169.254.7.7]}
  other:
    image: host://
    command: sleep infinity
    init: true
    dns_search: .
    networks: [back]
networks:
  front:
  back:
    driver_opts: {com.docker.network.driver.mtu: "1400"}
    ipam:
      driver: default
      config: [{subnet: 10.99.0.0/24, ip_range: 10.99.0.64/28, aux_addresses: {router: 10.99.0.64}}]
`

test('names and addresses are as the file says, seen from inside', async () => {
  await using old = await Workplace.make({
    'compose.yaml': `
name: older
services: {old: {image: "host://", container_name: names-old, command: sleep infinity, init: true, networks: [back]}}
networks: {back: {external: true, name: names_back}}`,
  })
  await using place = await Workplace.make({'compose.yaml': `name: names\n${compose}`})
  const inside = async (service: string, line: string) => {
    const {stdout} = await place.stack('exec', '-T', service, 'sh', '-c', line)
    return stdout.trim()
  }
  expect(await place.stack('up', '-d', 'db', 'other')).toMatchObject({code: 0})
  const early = await place.stack('up', '-d', 'web')
  expect(early, 'the other project is not there').toMatchObject({code: 1, all: expect.stringContaining('names-old')})
  expect(await old.stack('up', '-d')).toMatchObject({code: 0})
  const up = await place.stack('up', '-d')
  expect(up).toMatchObject({code: 0})
  expect(up.all).not.toContain('warning')

  expect(await inside('db', 'ip -4 -o address show eth0')).toMatch(/ 10\.99\.0\.(?:6[5-9]|7\d)\/24 /)
  const address = (await inside('other', 'getent hosts db')).split(' ')[0]
  expect(address).toMatch(/^10\.99\.0\.\d+$/)
  expect(await inside('web', 'getent hosts database')).toMatch(new RegExp(`^${address} +database$`))
  expect(await inside('web', 'getent hosts legacy')).toMatch(/^10\.99\.0\.\d+ +legacy$/)
  expect(await inside('other', 'getent hosts database || getent hosts legacy || echo none')).toBe('none')
  expect(await inside('other', 'getent hosts db')).toContain('db')
  const resolv = await inside('web', 'cat /etc/resolv.conf')
  expect(resolv).toMatch(/^search example\.com example\.net$/m)
  expect(resolv).toMatch(/^options timeout:1 ndots:0$/m)
  expect(await inside('other', 'cat /etc/resolv.conf')).not.toContain('search')
  expect(await inside('web', 'hostname; cat /proc/sys/kernel/domainname; cat /etc/hostname')).toBe(
    'shopfront\nexample.org\nshopfront',
  )
  expect(await inside('web', 'getent hosts printer')).toContain('192.0.2.9')
  expect(await inside('web', 'getent hosts shopfront.example.org')).toContain('10.99.0.200')
  expect(await inside('web', 'getent hosts host.docker.internal')).toMatch(/^10\.99\.0\.1 /)

  const links = JSON.parse(await inside('web', 'ip -j address')) as {
    ifname: string
    address: string
    mtu: number
    addr_info: {local: string}[]
  }[]
  expect(links.map(each => each.ifname).sort()).toEqual(['back0', 'front0', 'lo'])
  const back = links.find(each => each.ifname === 'back0')
  expect(back).toMatchObject({address: '02:42:0a:63:00:07', mtu: 1400})
  expect(back?.addr_info.map(each => each.local)).toContain('10.99.0.200')
  expect(links.find(each => each.ifname === 'front0')?.addr_info.map(each => each.local)).toContain('169.254.7.7')
  expect(await inside('web', 'ip route')).toMatch(/^default via \S+ dev front0/m)
  expect(await place.stack('up', '-d', '--dry-run')).toMatchObject({all: expect.not.stringMatching(/create/i)})

  expect(await place.stack('scale', 'db=2')).toMatchObject({code: 0})
  expect(await inside('web', 'getent hosts database'), 'with replicas that came later').toContain(`${address} `)
  await old.stack('down')
})

test('what cannot be meant is refused with its place', async () => {
  await using place = await Workplace.make({
    'compose.yaml': `
services:
  db: {image: "host://"}
  web: {image: "host://", network_mode: host, links: [db]}`,
  })
  const {code, all} = await place.stack('up', '-d')
  expect(code).toBe(1)
  expect(all).toMatch(/compose\.yaml:4:\d+: error: services\.web has both network_mode and links/)
})
