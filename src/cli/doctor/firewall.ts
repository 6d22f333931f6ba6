import {type Check, finding, type Host} from './finding.ts'

/** A chain of somebody's firewall that drops what no rule of it accepts. */
export type Dropping = {
  readonly family: string
  readonly table: string
  readonly chain: string
  readonly hook: 'forward' | 'input'
}

const pool = '10.192.0.0/11'
const nothing = 'nothing of others drops what containers send'

/** Firewalls of others come on top of our rules: what they drop nobody else can accept. */
export const firewalls: Check = host => {
  const rules = host.run('nft', ['list', 'ruleset'])
  if (rules === undefined)
    return [
      finding(undefined, {
        name: 'firewall',
        detail: 'the rules of others cannot be read',
        fix: 'run it as root, with nft installed',
      }),
    ]
  const others = withoutOurs(rules)
  const legacy = legacyRules(host)
  if (isAware(others) || isAware(legacy)) return [ok('lets our networks through')]
  if (/^table inet firewalld /m.test(others)) return [blocked('firewalld rejects what is forwarded', firewalld)]
  const [first] = [...droppingChains(others), ...droppingOfLegacy(legacy)]
  if (first === undefined) return [ok(nothing)]
  const whole = `${others}\n${legacy}`
  const {family, table, chain, hook} = first
  const place = family === 'legacy' ? `iptables ${chain}` : `table ${family} ${table}, chain ${chain}`
  const what = hook === 'forward' ? 'what containers send outside, and to published ports' : 'what they ask of DNS'
  if (/\bufw6?-/.test(whole)) return [blocked(`ufw (${place}) drops ${what}`, ufw)]
  if (/\bDOCKER-USER\b/.test(whole) && hook === 'forward') {
    return [blocked(`docker (${place}) drops ${what}`, docker)]
  }
  return [blocked(`${place} drops ${what}`, family === 'legacy' ? linesOfLegacy(first) : linesOf(first))]
}

const ok = (detail: string) => finding(true, {name: 'firewall', detail, fix: ''})
const blocked = (detail: string, fix: string) => finding(false, {name: 'firewall', detail, fix})

const firewalld = `firewall-cmd --permanent --zone=trusted --add-source=${pool} && firewall-cmd --reload`
const ufw = `ufw route allow from ${pool} && ufw route allow to ${pool} && ufw allow from ${pool} to any port 53`
const docker = 'iptables -I DOCKER-USER -i stk+ -j ACCEPT && iptables -I DOCKER-USER -o stk+ -j ACCEPT'

function linesOf({family, table, chain, hook}: Dropping): string {
  const insert = (rule: string) => `nft 'insert rule ${family} ${table} ${chain} ${rule} accept'`
  return hook === 'forward'
    ? `${insert('iifname "stk*"')} && ${insert('oifname "stk*"')}`
    : insert('iifname "stk*" meta l4proto { tcp, udp } th dport 53')
}

const linesOfLegacy = ({chain, hook}: Dropping): string =>
  hook === 'forward'
    ? `iptables -I ${chain} -i stk+ -j ACCEPT && iptables -I ${chain} -o stk+ -j ACCEPT`
    : `iptables -I ${chain} -i stk+ -p udp --dport 53 -j ACCEPT`

/** By the name of our bridges, or by their addresses. */
const isAware = (rules: string): boolean => /\bstk[*+0-9a-f]/.test(rules) || rules.includes(pool)

const legacyRules = (host: Host): string =>
  host.read('/proc/net/ip_tables_names')?.split('\n').includes('filter')
    ? (host.run('iptables-legacy', ['-S']) ?? host.run('iptables', ['-S']) ?? '')
    : ''

/** The text of `nft list ruleset` without the tables that are ours. */
const withoutOurs = (rules: string): string =>
  rules.replaceAll(/^table inet stack(?:_\w+)? \{\n(?:[^}\n].*\n|\n)*\}\n?/gm, '')

/** Those where forwarded packets go come first. */
export function droppingChains(rules: string): readonly Dropping[] {
  const found: Dropping[] = []
  let [family, table, chain] = ['', '', '']
  for (const line of rules.split('\n')) {
    const [, newFamily, newTable] = /^table (\S+) (\S+) \{/.exec(line) ?? []
    if (newFamily && newTable) [family, table] = [newFamily, newTable]
    chain = /^\s+chain (\S+) \{/.exec(line)?.[1] ?? chain
    const hook = /\btype filter hook (forward|input) .*policy drop;/.exec(line)?.[1]
    if (hook !== 'forward' && hook !== 'input') continue
    if (['inet', 'ip'].includes(family)) found.push({family, table, chain, hook})
  }
  return found.sort((a, b) => (a.hook < b.hook ? -1 : 1))
}

const droppingOfLegacy = (rules: string): readonly Dropping[] =>
  (['forward', 'input'] as const)
    .filter(hook => rules.split('\n').includes(`-P ${hook.toUpperCase()} DROP`))
    .map(hook => ({family: 'legacy', table: 'filter', chain: hook.toUpperCase(), hook}))
