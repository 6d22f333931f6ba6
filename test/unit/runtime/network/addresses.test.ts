import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {
  address6Of,
  chooseSubnet,
  gatewayOf,
  isForServices,
  isUsable,
  macOf,
  nextAddress,
  serviceAddress,
  subnet6Of,
} from '../../../../src/runtime/network/addresses.ts'
import {formatAddress, overlap, parseAddress, parseRange} from '../../../../src/runtime/network/cidr.ts'

describe('ranges', () => {
  test('what is written is what is read', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), number => {
        expect(parseAddress(formatAddress(number))).toBe(number)
      }),
    )
  })

  test.each([
    ['10.1.2.3/16', '10.1.0.0/16', true],
    ['10.0.0.0/8', '10.99.1.0/24', true],
    ['10.1.0.0/17', '10.1.128.0/17', false],
    ['0.0.0.0/0', '192.168.0.1', true],
    ['192.168.0.1', '192.168.0.1/32', true],
  ])('%s and %s overlap: %s', (a, b, expected) => {
    expect(overlap(parseRange(a)!, parseRange(b)!)).toBe(expected)
    expect(overlap(parseRange(b)!, parseRange(a)!)).toBe(expected)
  })

  test.each(['10.1.2.256', '10.1.2', '10.1.2.3/33', '10.1.2.3/', '10.1.2.3/8/8', 'fd00::/64', ''])(
    '%s is none',
    text => {
      expect(parseRange(text)).toBeUndefined()
    },
  )
})

describe('subnets', () => {
  test('a network that is made again gets the same', () => {
    expect(chooseSubnet('shop_default', [])).toBe(chooseSubnet('shop_default', []))
    expect(chooseSubnet('shop_default', [])).not.toBe(chooseSubnet('blog_default', []))
  })

  test('none overlaps what the host has; a default route is no obstacle', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.array(fc.tuple(fc.nat(2 ** 32 - 1), fc.integer({min: 9, max: 32}))),
        (seed, ranges) => {
          const occupied = ranges.map(([base, length]) => `${formatAddress(base)}/${length}`)
          const chosen = chooseSubnet(seed, ['0.0.0.0/0', 'fe80::/64', ...occupied])
          if (chosen === undefined) return
          for (const each of occupied) expect(overlap(parseRange(each)!, parseRange(chosen)!)).toBe(false)
        },
      ),
    )
  })

  test('where all of 10 is routed elsewhere the next pool is used', () => {
    expect(chooseSubnet('a', ['10.0.0.0/8'])).toMatch(/^172\.(1[6-9]|2\d|3[01])\.\d+\.0\/20$/)
    expect(chooseSubnet('a', ['10.0.0.0/8', '172.16.0.0/12'])).toMatch(/^192\.168\.\d+\.0\/20$/)
    expect(chooseSubnet('a', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'])).toBeUndefined()
  })

  test('there are 512 in the first pool', () => {
    const taken: string[] = []
    for (let index = 0; index < 512; index++) taken.push(chooseSubnet(`n${index}`, taken)!)
    expect(new Set(taken).size).toBe(512)
    expect(taken.every(each => each.startsWith('10.'))).toBe(true)
  })
})

describe('addresses', () => {
  const network = {subnet: '10.99.0.0/29', gateway: gatewayOf('10.99.0.0/29')}

  test('the gateway is the first, and no container’s, as are the ends', () => {
    expect(network.gateway).toBe('10.99.0.1')
    const usable = (last: number) => isUsable(network.subnet, network.gateway, `10.99.0.${last}`)
    expect([0, 1, 2, 6, 7, 8].filter(usable)).toEqual([2, 6])
  })

  test('they are given round and round, and end when all are taken', () => {
    const taken = new Set<string>()
    const next = (last?: string) => nextAddress(network, each => taken.has(each), last)
    expect(next()).toBe('10.99.0.2')
    expect(next('10.99.0.2')).toBe('10.99.0.3')
    expect(next('10.99.0.6')).toBe('10.99.0.2')
    for (const last of [2, 3, 4, 6]) taken.add(`10.99.0.${last}`)
    expect(next('10.99.0.6')).toBe('10.99.0.5')
    taken.add('10.99.0.5')
    expect(next('10.99.0.6')).toBeUndefined()
  })

  test('MAC and IPv6 follow from the address', () => {
    expect(macOf('10.99.0.7')).toBe('02:42:0a:63:00:07')
    expect(subnet6Of('id')).toMatch(/^fd[0-9a-f]{2}(:[0-9a-f]{4}){3}::\/64$/)
    expect(address6Of('fd00:1:2:3::/64', '10.99.0.7')).toBe('fd00:1:2:3::a63:7')
  })
})

describe('a service’s address', () => {
  const network = {subnet: '10.1.0.0/24', gateway: '10.1.0.1'}
  const none = () => false

  test('is in the last quarter, the same for the same service', () => {
    const address = serviceAddress(network, 'shop/web', none)!
    expect(isForServices(network.subnet, address)).toBe(true)
    expect(serviceAddress(network, 'shop/web', none)).toBe(address)
    expect(serviceAddress(network, 'shop/web', each => each === address)).not.toBe(address)
    expect(isForServices(network.subnet, '10.1.0.191')).toBe(false)
  })

  test('is none of the gateway’s, the last one, or of a small subnet', () => {
    const all = new Set<string>()
    for (
      let next = serviceAddress(network, 'x', none);
      next;
      next = serviceAddress(network, 'x', each => all.has(each))
    ) {
      all.add(next)
    }
    expect(all.size).toBe(63)
    expect(all).not.toContain('10.1.0.255')
    expect(serviceAddress({subnet: '10.1.0.0/26', gateway: '10.1.0.62'}, 'x', none)).not.toBe('10.1.0.62')
    expect(serviceAddress({subnet: '10.1.0.0/27', gateway: '10.1.0.1'}, 'x', none)).toBeUndefined()
    expect(isForServices('10.1.0.0/27', '10.1.0.30')).toBe(false)
  })
})
