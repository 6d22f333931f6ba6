import {expect, test} from 'vitest'
import type {Host} from '../../../../src/cli/doctor/finding.ts'
import {firewalls} from '../../../../src/cli/doctor/firewall.ts'

const ours = `table inet stack {
\tchain forward {
\t\ttype filter hook forward priority filter; policy accept;
\t\tiifname . oifname { "stk0123" . "stk0123" } accept
\t}
}
`
const chain = (name: string, hook: string, policy: string, rule = '') =>
  `\tchain ${name} {\n\t\ttype filter hook ${hook} priority filter; policy ${policy};\n\t\t${rule}\n\t}\n`
const plain = (name: string, rule = '') => `\tchain ${name} {\n\t\t${rule}\n\t}\n`
const table = (name: string, ...chains: string[]) => `table ${name} {\n${chains.join('\n')}}\n`

type Circumstances = {readonly legacy?: string; readonly legacy6?: string; readonly bridges?: boolean}

const found = (nft: string | undefined, {legacy, legacy6, bridges = false}: Circumstances = {}) => {
  const host = {
    run: (program: string) => ({nft, 'iptables-legacy': legacy, 'ip6tables-legacy': legacy6})[program],
    read: (path: string) => {
      if (path.startsWith('/proc/sys/net/bridge/')) return bridges ? '1\n' : undefined
      return (path.includes('ip6') ? legacy6 : legacy) === undefined ? undefined : 'nat\nfilter\n'
    },
  }
  const [first] = firewalls(host as unknown as Host)
  return first
}

test('nothing of others, or what accepts by default, is fine', () => {
  expect(found('')?.state).toBe('ok')
  expect(found(ours)?.state).toBe('ok')
  expect(found(ours + table('ip filter', chain('FORWARD', 'forward', 'accept')))?.state).toBe('ok')
  expect(found(table('bridge filter', chain('FORWARD', 'forward', 'drop')))?.state).toBe('ok')
})

test('each chain that drops is named with the line that opens it; one that knows our bridges is fine', () => {
  const rules = ours + table('inet own', chain('input', 'input', 'drop'), chain('fw', 'forward', 'drop'))
  const open = (text: string) => `nft 'insert rule inet own ${text} accept'`
  expect(found(rules)).toEqual({
    name: 'firewall',
    state: 'missing',
    essential: false,
    detail:
      'table inet own, chain fw drops what containers send outside, and what comes to published ports; table inet own, chain input drops what containers ask of DNS, and what containers look for the way by, where a network has enable_ipv6',
    fix: `${open('fw iifname "stk*"')} && ${open('fw oifname "stk*"')} && ${open('input iifname "stk*" meta l4proto { tcp, udp } th dport 53')} && ${open('input iifname "stk*" icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert }')}`,
  })
  const forwardOnly = table(
    'inet own',
    chain('input', 'input', 'drop', neighbours),
    chain('fw', 'forward', 'drop', known),
  )
  expect(found(forwardOnly)?.detail).toBe('table inet own, chain input drops what containers ask of DNS')
  expect(found(table('inet own', chain('fw', 'forward', 'drop', known)))?.state).toBe('ok')
})
const known = 'iifname "stk*" accept'
const neighbours = 'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept'

test('a chain of IPv6 alone takes the way outside and the neighbours, not names', () => {
  const rules = (forward = '', input = '') =>
    table('ip6 own', chain('fw', 'forward', 'drop', forward), chain('in', 'input', 'drop', input))
  const open = (text: string) => `nft 'insert rule ip6 own ${text} accept'`
  expect(found(rules())).toMatchObject({
    state: 'missing',
    detail:
      'table ip6 own, chain fw drops what containers send outside by IPv6; table ip6 own, chain in drops what containers look for the way by, where a network has enable_ipv6',
    fix: `${open('fw iifname "stk*"')} && ${open('fw oifname "stk*"')} && ${open('in iifname "stk*" icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert }')}`,
  })
  expect(found(rules(), {bridges: true})?.detail).toContain('outside and to each other by IPv6')
  expect(found(rules(known, known))?.state).toBe('ok')
  expect(found(rules(known, neighbours))?.state).toBe('ok')
  expect(found(rules(known, 'meta l4proto ipv6-icmp counter packets 0 bytes 0 accept'))?.state).toBe('ok')
  expect(found(rules(known, `iifname "eth0" ${neighbours}`))?.state, 'of the uplink').toBe('missing')
  expect(found(rules(known, 'icmpv6 type echo-request accept'))?.state).toBe('missing')
  expect(found(rules(known, 'iifname "stk*" tcp dport 53 accept'))?.state).toBe('missing')
  const docker = chain('FORWARD', 'forward', 'drop', 'counter packets 0 bytes 0 jump DOCKER-USER')
  expect(found(table('ip6 filter', docker, plain('DOCKER-USER')))?.fix).toBe(
    'ip6tables -I DOCKER-USER -i stk+ -j ACCEPT && ip6tables -I DOCKER-USER -o stk+ -j ACCEPT',
  )
  const ufw = chain('FORWARD', 'forward', 'drop', 'counter packets 0 bytes 0 jump ufw6-user-forward')
  expect(found(table('ip6 filter', ufw, plain('ufw6-user-forward')))?.fix).toMatch(/^ufw route allow/)
})

test('a last rule that refuses everything is as good as a policy; what a chain jumps to counts, others do not', () => {
  const base = (rule: string) => chain('fw', 'forward', 'accept', rule)
  expect(found(table('inet own', base('counter packets 0 bytes 0 reject')))?.state).toBe('missing')
  expect(found(table('inet own', base('tcp dport 25 drop')))?.state).toBe('ok')
  const rules = (target: string) =>
    table('inet own', chain('fw', 'forward', 'drop', `jump ${target}`), plain('mine', known), plain('other'))
  expect(found(rules('mine'))?.state).toBe('ok')
  expect(found(rules('other'))?.state).toBe('missing')
})

test('where bridge netfilter is on, what neighbours send each other is lost as well', () => {
  expect(found(table('inet own', chain('fw', 'forward', 'drop')), {bridges: true})?.detail).toContain('to each other')
})

test('docker, ufw and firewalld have lines of their own', () => {
  const forward = chain('FORWARD', 'forward', 'drop', 'counter packets 0 bytes 0 jump DOCKER-USER')
  expect(found(table('ip filter', forward, plain('DOCKER-USER')))).toMatchObject({
    detail: expect.stringContaining('docker (table ip filter, chain FORWARD)'),
    fix: 'iptables -I DOCKER-USER -i stk+ -j ACCEPT && iptables -I DOCKER-USER -o stk+ -j ACCEPT',
  })
  const ufw = (rule = '') =>
    table(
      'ip filter',
      chain('INPUT', 'input', 'drop', 'counter packets 3 bytes 9 jump ufw-user-input'),
      chain('FORWARD', 'forward', 'drop', 'counter packets 0 bytes 0 jump ufw-user-forward'),
      plain('ufw-user-input', rule),
      plain('ufw-user-forward', rule),
    )
  expect(found(ufw())).toMatchObject({
    detail: expect.stringMatching(/^ufw \(.* FORWARD\) drops .*; ufw \(.* INPUT\) drops what containers ask of DNS$/),
    fix: 'ufw route allow in on stk+ && ufw route allow out on stk+ && ufw allow in on stk+ to any port 53',
  })
  expect(found(ufw('iifname "stk*" counter packets 0 bytes 0 accept'))?.state).toBe('ok')
  expect(found(ufw('ip saddr 10.192.0.0/11 counter packets 0 bytes 0 accept'))?.state, 'by addresses').toBe('ok')
  const firewalld = (rule: string) =>
    table(
      'inet firewalld',
      chain('filter_FORWARD', 'forward', 'accept', 'jump filter_FORWARD_ZONES\n\t\treject with icmpx admin-prohibited'),
      plain('filter_FORWARD_ZONES', rule),
    )
  expect(found(firewalld('goto filter_FWD_public'))?.fix).toBe(
    'firewall-cmd --permanent --zone=trusted --add-interface=stk+ && firewall-cmd --reload',
  )
  expect(found(firewalld('iifname "stk*" goto filter_FWD_trusted'))?.state).toBe('ok')
})

test('the older iptables is asked where the kernel has its tables', () => {
  expect(found('', {legacy: '-P INPUT ACCEPT\n-P FORWARD DROP\n'})).toMatchObject({
    detail: expect.stringContaining('iptables-legacy FORWARD drops'),
    fix: 'iptables-legacy -I FORWARD -i stk+ -j ACCEPT && iptables-legacy -I FORWARD -o stk+ -j ACCEPT',
  })
  expect(found('', {legacy: '-P INPUT ACCEPT\n-A INPUT -j REJECT --reject-with x\n'})?.fix).toBe(
    'iptables-legacy -I INPUT -i stk+ -p udp --dport 53 -j ACCEPT && iptables-legacy -I INPUT -i stk+ -p tcp --dport 53 -j ACCEPT',
  )
  expect(found('', {legacy6: '-P INPUT DROP\n-P FORWARD DROP\n'})).toMatchObject({
    detail: expect.stringMatching(
      /^ip6tables-legacy FORWARD drops .* by IPv6; ip6tables-legacy INPUT drops .* enable_ipv6$/,
    ),
    fix: 'ip6tables-legacy -I FORWARD -i stk+ -j ACCEPT && ip6tables-legacy -I FORWARD -o stk+ -j ACCEPT && ip6tables-legacy -I INPUT -i stk+ -p icmpv6 --icmpv6-type neighbour-solicitation -j ACCEPT && ip6tables-legacy -I INPUT -i stk+ -p icmpv6 --icmpv6-type neighbour-advertisement -j ACCEPT',
  })
  const solicitation = '-A INPUT -i stk+ -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT'
  expect(found('', {legacy6: `-P INPUT DROP\n${solicitation}\n`})?.state).toBe('ok')
  expect(found('', {legacy: '-P FORWARD DROP\n-N U\n-A FORWARD -j U\n-A U -i stk+ -j ACCEPT\n'})?.state).toBe('ok')
})

test('without root it is not known', () => {
  expect(found(undefined)?.state).toBe('unknown')
})
