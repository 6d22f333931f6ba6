import {expect, test} from 'vitest'
import {rulesText} from '../../../../src/runtime/network/rules.ts'

const front = {bridge: 'stkfront', subnet: '10.192.0.0/20', gateway: '10.192.0.1', internal: false}
const back = {bridge: 'stkback', subnet: '10.192.16.0/20', gateway: '10.192.16.1', internal: true}

test('no network, no table', () => {
  expect(rulesText({table: 'stack', networks: [], published: []})).toBe('table inet stack\ndelete table inet stack\n')
})

test('one network that publishes nothing', () => {
  expect(rulesText({table: 'stack', networks: [front], published: []})).toMatchInlineSnapshot(`
    "table inet stack
    delete table inet stack
    table inet stack {
      chain martians {
        type filter hook prerouting priority -300; policy accept;
        ip saddr 127.0.0.0/8 iifname { "stkfront" } drop
        ip daddr 127.0.0.0/8 iifname { "stkfront" } drop
      }
      chain forward {
        type filter hook forward priority 0; policy accept;
        ct state established,related accept
        iifname . oifname { "stkfront" . "stkfront" } accept
        oifname { "stkfront" } ct status dnat accept
        oifname { "stkfront" } drop
      }
      chain services {
        type filter hook input priority 0; policy accept;
        ip daddr { 10.192.0.0/20 } ip daddr != { 10.192.0.1 } tcp flags & (syn | ack) == syn reject with tcp reset
        ip daddr { 10.192.0.0/20 } ip daddr != { 10.192.0.1 } meta l4proto udp reject
      }
      chain published {
        ip daddr { 10.192.0.0/20 } ip daddr != { 10.192.0.1 } return
      }
      chain prerouting {
        type nat hook prerouting priority -100; policy accept;
        meta nfproto ipv4 fib daddr type local jump published
      }
      chain output {
        type nat hook output priority -100; policy accept;
        meta nfproto ipv4 fib daddr type local jump published
      }
      chain postrouting {
        type nat hook postrouting priority 100; policy accept;
        ip saddr 127.0.0.0/8 oifname { "stkfront" } masquerade
        ct status dnat ip saddr . ip daddr { 10.192.0.0/20 . 10.192.0.0/20 } masquerade
        ip saddr { 10.192.0.0/20 } oifname != { "stkfront" } masquerade
      }
    }
    "
  `)
})

test('two networks, one internal, ports shared and of one address, DNS elsewhere', async () => {
  const published = [
    {
      protocol: 'tcp' as const,
      hostIp: '',
      port: 8080,
      targets: [
        {address: '10.192.0.2', port: 80},
        {address: '10.192.0.3', port: 80},
      ],
    },
    {protocol: 'udp' as const, hostIp: '127.0.0.1', port: 5353, targets: [{address: '10.192.0.4', port: 53}]},
  ]
  const networks = [{...front, subnet6: 'fd00::/64', dnsPort: 40053}, back]
  await expect(rulesText({table: 'stack', networks, published})).toMatchFileSnapshot('rules.golden.nft')
})

test('what comes by a further bridge is tracked on the first only', () => {
  const text = rulesText({table: 'stack', networks: [{...front, further: ['stkfront0001']}, back], published: []})
  expect(
    text
      .split('\n')
      .filter(line => /stkfront0001|mark/.test(line))
      .map(line => line.trim()),
  ).toEqual([
    'iifname { "stkfront0001" } fib daddr type local meta mark set 0x73746b66',
    'iifname { "stkfront0001" } notrack',
    'iifname . oifname { "stkfront" . "stkfront", "stkback" . "stkback", "stkfront0001" . "stkfront0001" } accept',
    'meta mark 0x73746b66 return',
  ])
})
