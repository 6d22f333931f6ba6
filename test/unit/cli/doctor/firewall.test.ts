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
const table = (name: string, ...chains: string[]) => `table ${name} {\n${chains.join('\n')}}\n`

const found = (nft: string | undefined, legacy?: string) => {
  const host = {
    run: (program: string) => (program === 'nft' ? nft : program === 'iptables-legacy' ? legacy : undefined),
    read: (path: string) =>
      path === '/proc/net/ip_tables_names' && legacy !== undefined ? 'nat\nfilter\n' : undefined,
  }
  const [first] = firewalls(host as unknown as Host)
  return first
}

test('nothing of others, or what accepts by default, is fine', () => {
  expect(found('')?.state).toBe('ok')
  expect(found(ours)?.state).toBe('ok')
  expect(found(ours + table('ip filter', chain('FORWARD', 'forward', 'accept')))?.state).toBe('ok')
  expect(found(table('ip6 filter', chain('FORWARD', 'forward', 'drop')))?.state).toBe('ok')
})

test('a chain that drops is named with the line that opens it; one that knows our bridges is fine', () => {
  const rules = ours + table('inet own', chain('input', 'input', 'drop'), chain('fw', 'forward', 'drop'))
  expect(found(rules)).toMatchObject({
    state: 'missing',
    essential: false,
    detail: 'table inet own, chain fw drops what containers send outside, and to published ports',
    fix: `nft 'insert rule inet own fw iifname "stk*" accept' && nft 'insert rule inet own fw oifname "stk*" accept'`,
  })
  expect(found(table('inet own', chain('input', 'input', 'drop')))?.fix).toContain('th dport 53')
  expect(found(rules.replace('policy drop;\n\t\t\n', 'policy drop;\n\t\tiifname "stk*" accept\n'))?.state).toBe('ok')
})

test('docker, ufw and firewalld have lines of their own', () => {
  const forward = chain('FORWARD', 'forward', 'drop', 'counter packets 0 bytes 0 jump DOCKER-USER')
  expect(found(table('ip filter', forward, '\tchain DOCKER-USER {\n\t}\n'))).toMatchObject({
    detail: expect.stringContaining('docker (table ip filter, chain FORWARD)'),
    fix: expect.stringContaining('iptables -I DOCKER-USER -i stk+ -j ACCEPT'),
  })
  const ufw = table('ip filter', chain('FORWARD', 'forward', 'drop', 'counter jump ufw-before-forward'))
  expect(found(ufw)?.fix).toContain('ufw route allow from 10.192.0.0/11')
  const firewalld = table(
    'inet firewalld',
    chain('filter_FORWARD', 'forward', 'accept', 'reject with icmpx admin-prohibited'),
  )
  expect(found(firewalld)?.fix).toContain('firewall-cmd --permanent --zone=trusted --add-source=10.192.0.0/11')
})

test('the older iptables is asked where the kernel has its tables', () => {
  expect(found('', '-P INPUT ACCEPT\n-P FORWARD DROP\n')).toMatchObject({
    detail: expect.stringContaining('iptables FORWARD drops'),
    fix: 'iptables -I FORWARD -i stk+ -j ACCEPT && iptables -I FORWARD -o stk+ -j ACCEPT',
  })
  expect(found('', '-P FORWARD DROP\n-A FORWARD -i stk+ -j ACCEPT\n')?.state).toBe('ok')
})

test('without root it is not known', () => {
  expect(found(undefined)?.state).toBe('unknown')
})
