import {type Check, finding, type Host} from './finding.ts'
import {type Dropping, droppingOfLegacy, droppingOfNft, type LegacyRules, type Loss} from './firewall-rules.ts'

const name = 'firewall'

/** Firewalls of others come on top of our rules: what they drop nobody else can accept. */
export const firewalls: Check = host => {
  const rules = host.run('nft', ['list', 'ruleset'])
  if (rules === undefined) {
    const detail = 'the rules of others cannot be read'
    return [finding(undefined, {name, detail, fix: 'run it as root, with nft installed'})]
  }
  const all = [...droppingOfNft(rules), ...legacyRules(host).flatMap(droppingOfLegacy)]
  const lossy = all.filter(({losses}) => losses.length > 0)
  const closed = (['forward', 'input'] as const).flatMap(hook => lossy.filter(each => each.hook === hook))
  if (closed.length === 0) {
    const detail = all.length > 0 ? 'lets our networks through' : 'nothing of others drops what containers send'
    return [finding(true, {name, detail, fix: ''})]
  }
  const detail = closed
    .map(each => `${placeOf(each)} drops ${each.losses.map(loss => words(loss, host)).join(', and ')}`)
    .join('; ')
  return [finding(false, {name, detail, fix: [...new Set(closed.map(linesFor))].join(' && ')})]
}

function placeOf(dropping: Dropping): string {
  const {family, table, chain, command} = dropping
  const place = command === undefined ? `table ${family} ${table}, chain ${chain}` : `${command} ${chain}`
  const program = programOf(dropping)
  return program === undefined ? place : `${program} (${place})`
}

/** Where bridge netfilter is on, what neighbours on a bridge send each other is forwarded too. */
function words(loss: Loss, host: Host): string {
  if (loss === 'names') return 'what containers ask of DNS'
  if (loss === 'neighbours') return 'what containers look for the way by, where a network has enable_ipv6'
  const tool = loss === 'outside' ? 'iptables' : 'ip6tables'
  const seesBridges = host.read(`/proc/sys/net/bridge/bridge-nf-call-${tool}`)?.trim() === '1'
  const sent = `what containers send outside${seesBridges ? ' and to each other' : ''}`
  return loss === 'outside' ? `${sent}, and what comes to published ports` : `${sent} by IPv6`
}

function programOf({table, through}: Dropping): 'firewalld' | 'ufw' | 'docker' | undefined {
  if (table === 'firewalld') return 'firewalld'
  if (through.some(chain => /^ufw6?-/.test(chain))) return 'ufw'
  return through.includes('DOCKER-USER') ? 'docker' : undefined
}

function linesFor(dropping: Dropping): string {
  const {family, table, chain, command, losses} = dropping
  const program = programOf(dropping)
  if (program !== undefined) return lines[program](command ?? iptables[family])
  const rules = losses.flatMap(loss => opening[loss][command === undefined ? 'nft' : 'legacy'])
  return rules
    .map(rule =>
      command === undefined
        ? `nft 'insert rule ${family} ${table} ${chain} ${rule} accept'`
        : `${command} -I ${chain} ${rule} -j ACCEPT`,
    )
    .join(' && ')
}

const iptables = {inet: 'iptables', ip: 'iptables', ip6: 'ip6tables'}

const lines = {
  firewalld: () => 'firewall-cmd --permanent --zone=trusted --add-interface=stk+ && firewall-cmd --reload',
  ufw: () => 'ufw route allow in on stk+ && ufw route allow out on stk+ && ufw allow in on stk+ to any port 53',
  docker: (command: string) =>
    `${command} -I DOCKER-USER -i stk+ -j ACCEPT && ${command} -I DOCKER-USER -o stk+ -j ACCEPT`,
}

const bothWays = {nft: ['iifname "stk*"', 'oifname "stk*"'], legacy: ['-i stk+', '-o stk+']}

const opening: Readonly<Record<Loss, {readonly nft: readonly string[]; readonly legacy: readonly string[]}>> = {
  outside: bothWays,
  outside6: bothWays,
  names: {
    nft: ['iifname "stk*" meta l4proto { tcp, udp } th dport 53'],
    legacy: ['-i stk+ -p udp --dport 53', '-i stk+ -p tcp --dport 53'],
  },
  neighbours: {
    nft: ['iifname "stk*" icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert }'],
    legacy: ['neighbour-solicitation', 'neighbour-advertisement'].map(
      type => `-i stk+ -p icmpv6 --icmpv6-type ${type}`,
    ),
  },
}

/** The older iptables has a name of its own beside the newer. */
function legacyRules(host: Host): LegacyRules[] {
  return (['ip', 'ip6'] as const).flatMap(family => {
    if (!host.read(`/proc/net/${family}_tables_names`)?.split('\n').includes('filter')) return []
    for (const command of [`${iptables[family]}-legacy`, iptables[family]]) {
      const rules = host.run(command, ['-S'])
      if (rules !== undefined) return [{rules, family, command}]
    }
    return []
  })
}
