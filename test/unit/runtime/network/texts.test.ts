import {describe, expect, test} from 'vitest'
import type {ContainerRecord} from '../../../../src/model/container.ts'
import type {Endpoint} from '../../../../src/model/network.ts'
import {hostsText, resolvConfText} from '../../../../src/runtime/network/files.ts'
import {bridgeName, endpointNames, vethName} from '../../../../src/runtime/network/names.ts'
import {candidates, lastNumber} from '../../../../src/runtime/network/ports.ts'
import {parseResolvConf, resolversOf} from '../../../../src/runtime/network/resolvers.ts'

const host = {dns: [], dnsSearch: [], dnsOptions: [], extraHosts: []} as unknown as ContainerRecord['host']
const record = (more: Partial<ContainerRecord['host']> = {}, config = {}): ContainerRecord =>
  ({
    id: '0123456789abcdef',
    name: 'shop-web-1',
    config: {hostname: '', domainname: '', labels: {'com.docker.compose.service': 'web'}, ...config},
    host: {...host, ...more},
  }) as unknown as ContainerRecord
const endpoint = {address: '10.1.0.2', gateway: '10.1.0.1'} as Endpoint
const resolvers = {servers: ['192.0.2.53'], search: ['lan']}

describe('resolv.conf', () => {
  test('asks the gateway, also where the container names servers: ours asks those', () => {
    expect(resolvConfText(record({dns: ['9.9.9.9']}), [endpoint], resolvers)).toBe(
      'nameserver 10.1.0.1\nsearch lan\noptions ndots:0\n',
    )
  })

  test('without a network it is the host’s', () => {
    expect(resolvConfText(record(), [], resolvers)).toBe('nameserver 192.0.2.53\nsearch lan\noptions ndots:0\n')
    expect(resolvConfText(record({dns: ['9.9.9.9']}), [], resolvers)).toContain('nameserver 9.9.9.9\n')
  })

  test('search domains and options are the container’s own', () => {
    const own = record({dnsSearch: ['a.example', 'b.example'], dnsOptions: ['ndots:2', 'timeout:1']})
    expect(resolvConfText(own, [endpoint], resolvers)).toContain(
      'search a.example b.example\noptions ndots:2 timeout:1\n',
    )
    expect(resolvConfText(record({dnsSearch: ['.']}), [endpoint], resolvers)).not.toContain('search')
  })

  test('the host’s is read with comments and the last search line', () => {
    const text = '# hi\nnameserver 127.0.0.53\nsearch a\n nameserver  fe80::1%eth0 \nsearch b c\noptions edns0\n'
    expect(parseResolvConf(text)).toEqual({servers: ['127.0.0.53', 'fe80::1%eth0'], search: ['b', 'c']})
  })
})

test('servers behind the stub of systemd-resolved are asked where the stub is down', () => {
  const files: Readonly<Record<string, string>> = {
    '/etc/resolv.conf': 'nameserver 127.0.0.53\nsearch a\n',
    '/run/systemd/resolve/resolv.conf': 'nameserver 192.0.2.1\nnameserver 2001:db8::1\nsearch b\n',
  }
  expect(resolversOf(path => files[path])).toEqual({servers: ['127.0.0.53', '192.0.2.1', '2001:db8::1'], search: ['a']})
  expect(resolversOf(path => (path === '/etc/resolv.conf' ? 'nameserver 192.0.2.9\n' : files[path])).servers).toEqual([
    '192.0.2.9',
  ])
})

describe('hosts', () => {
  test('the container itself by its hostname, and whom it was told of', () => {
    const extraHosts = ['db:10.9.9.9', 'host.docker.internal:host-gateway', 'six=[fd00::1]', 'seven:fd00::7']
    const lines = hostsText(record({extraHosts}, {hostname: 'web', domainname: 'example.org'}), [endpoint]).split('\n')
    expect(lines).toContain('10.1.0.2\tweb.example.org web')
    expect(lines).toContain('10.9.9.9\tdb')
    expect(lines).toContain('10.1.0.1\thost.docker.internal')
    expect(lines).toContain('fd00::1\tsix')
    expect(lines).toContain('fd00::7\tseven')
    expect(lines[0]).toBe('127.0.0.1\tlocalhost')
  })

  test('host.docker.internal is there only when it was asked for', () => {
    expect(hostsText(record(), [endpoint])).not.toContain('internal')
    expect(hostsText(record(), [endpoint])).toContain('10.1.0.2\t0123456789ab\n')
  })

  test('what is no address is an error', () => {
    expect(() => hostsText(record({extraHosts: ['db:nowhere']}), [endpoint])).toThrow('extra host "db:nowhere"')
  })
})

describe('names', () => {
  test('service, container, aliases, short id and hostname, each once', () => {
    const names = endpointNames(record({}, {hostname: 'web'}), {network: 'a', aliases: ['www', 'web']})
    expect(names).toEqual(['web', 'shop-web-1', 'www', '0123456789ab'])
  })

  test('a hostname of others is not its own', () => {
    const names = endpointNames(record({utsMode: 'host'}, {hostname: 'machine'}), {network: 'a', aliases: []})
    expect(names).not.toContain('machine')
  })

  test('interfaces fit into 15 bytes and differ', () => {
    expect(bridgeName('a')).toHaveLength(14)
    expect(vethName('c', 'a')).toHaveLength(14)
    expect(vethName('c', 'a')).not.toBe(vethName('c', 'b'))
  })
})

describe('ports', () => {
  const binding = {target: 80, protocol: 'tcp' as const, hostIp: '', hostPort: ''}

  test.each([
    ['', undefined, [0]],
    ['', 40000, [40000, 0]],
    ['8080', 40000, [8080]],
    ['8000-8002', undefined, [8000, 8001, 8002]],
    ['8000-8002', 8001, [8001, 8000, 8002]],
  ])('of "%s", last time %s: %j', (hostPort, last, expected) => {
    expect(candidates({...binding, hostPort}, last)).toEqual(expected)
  })

  test.each(['0', '65536', 'http', '9-8'])('"%s" is none', hostPort => {
    expect(() => candidates({...binding, hostPort}, undefined)).toThrow('is neither a port nor a range')
  })

  test('the last number is that of the same binding', () => {
    const before = [{...binding, hostPortNumber: 40000}]
    expect(lastNumber(binding, before)).toBe(40000)
    expect(lastNumber({...binding, target: 81}, before)).toBeUndefined()
  })
})
