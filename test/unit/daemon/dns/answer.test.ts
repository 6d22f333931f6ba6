import {describe, expect, test} from 'vitest'
import {answer, type Neighbour, type View} from '../../../../src/daemon/dns/answer.ts'

const web: Neighbour[] = [
  {address: '10.1.0.2', address6: 'fd00::2', running: true, name: 'shop-web-1', ports: {'_http._tcp': 80}},
  {address: '10.1.0.3', running: true},
  {address: '10.1.0.4', running: true},
]
const names: Readonly<Record<string, readonly Neighbour[]>> = {
  web,
  old: [{address: '10.1.0.9', running: false}],
  v4: [web[1]!],
}
const network = (name: string, internal = false) => ({name, internal, find: (asked: string) => names[asked] ?? []})
const view: View = {
  networks: [network('shop_front')],
  at: address => (['10.1.0.2', 'fd00::2'].includes(address) ? {name: 'shop-web-1', network: 'shop_front'} : undefined),
  covers: address => address.startsWith('10.1.'),
}

const addresses = (name: string, type: string, turn = 0, seen = view) => {
  const verdict = answer({name, type}, seen, turn)
  return verdict.kind === 'answer'
    ? verdict.resources.map(each => ('address' in each ? each.address : each.target))
    : verdict.kind
}

describe('a name of a neighbour', () => {
  test('has all replicas, another one first each time', () => {
    expect(addresses('web', 'A', 0)).toEqual(['10.1.0.2', '10.1.0.3', '10.1.0.4'])
    expect(addresses('web', 'A', 1)).toEqual(['10.1.0.3', '10.1.0.4', '10.1.0.2'])
    expect(addresses('web', 'A', 5)[0]).toBe('10.1.0.4')
  })

  test('is found whatever its case, and with the network behind it', () => {
    expect(addresses('WEB', 'A')).toHaveLength(3)
    expect(addresses('web.shop_front', 'A')).toHaveLength(3)
    expect(addresses('web.shop_back', 'A')).toBe('forward')
  })

  test('is answered as it was asked, for some clients compare', () => {
    expect(answer({name: 'WeB', type: 'A'}, view, 0)).toMatchObject({resources: [{name: 'WeB'}, {}, {}]})
  })

  test('without an address of the type the answer is empty, and nobody else is asked', () => {
    expect(addresses('v4', 'AAAA')).toEqual([])
    expect(addresses('web', 'AAAA')).toEqual(['fd00::2'])
    expect(addresses('web', 'MX')).toEqual([])
  })

  test('with a port by name', () => {
    const name = '_HTTP._tcp.web'
    expect(answer({name, type: 'SRV'}, view, 0)).toMatchObject({
      resources: [{type: 'SRV', name, target: 'shop-web-1', port: 80}],
    })
    expect(addresses('_http._tcp.web.shop_front', 'SRV')).toEqual(['shop-web-1'])
    expect(addresses('_http._udp.web', 'SRV'), 'no such port').toEqual([])
    expect(addresses('_http._tcp.web', 'A'), 'no address').toEqual([])
    expect(addresses('_http._tcp.old', 'SRV')).toBe('absent')
    expect(addresses('_http._tcp.example.org', 'SRV')).toBe('forward')
  })

  test('that does not run is absent', () => {
    expect(addresses('old', 'A')).toBe('absent')
  })
})

describe('another name', () => {
  test('is asked of others, with or without a dot', () => {
    expect(addresses('example.org', 'A')).toBe('forward')
    expect(addresses('printer', 'A')).toBe('forward')
  })

  test('is absent where all networks are internal', () => {
    expect(addresses('example.org', 'A', 0, {...view, networks: [network('a', true)]})).toBe('absent')
    expect(addresses('example.org', 'A', 0, {...view, networks: [network('a', true), network('b')]})).toBe('forward')
  })
})

describe('an address', () => {
  test('of a neighbour has its name', () => {
    expect(addresses('2.0.1.10.in-addr.arpa', 'PTR')).toEqual(['shop-web-1.shop_front'])
    expect(addresses(`2.${'0.'.repeat(28)}d.f.ip6.arpa`, 'PTR')).toBe('forward')
    expect(addresses(`2.${'0.'.repeat(27)}0.0.d.f.ip6.arpa`, 'PTR')).toEqual(['shop-web-1.shop_front'])
    expect(addresses('9.9.1.10.in-addr.arpa', 'PTR'), 'nobody has it').toBe('absent')
  })

  test('of others is asked of others', () => {
    expect(addresses('8.8.8.8.in-addr.arpa', 'PTR')).toBe('forward')
    expect(addresses('nonsense', 'PTR')).toBe('forward')
  })
})
