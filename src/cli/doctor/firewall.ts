import {type Check, finding, type Host} from './finding.ts'
import {type Dropping, droppingOfLegacy, droppingOfNft} from './firewall-rules.ts'

const name = 'firewall'

/** Firewalls of others come on top of our rules: what they drop nobody else can accept. */
export const firewalls: Check = host => {
  const rules = host.run('nft', ['list', 'ruleset'])
  if (rules === undefined) {
    const detail = 'the rules of others cannot be read'
    return [finding(undefined, {name, detail, fix: 'run it as root, with nft installed'})]
  }
  const all = [...droppingOfNft(rules), ...droppingOfLegacy(legacyRules(host))]
  const closed = all.filter(({isAware}) => !isAware).sort((a, b) => (a.hook < b.hook ? -1 : 1))
  if (closed.length === 0) {
    const detail = all.length > 0 ? 'lets our networks through' : 'nothing of others drops what containers send'
    return [finding(true, {name, detail, fix: ''})]
  }
  const detail = closed.map(each => `${placeOf(each)} drops ${whatIsLost(each, host)}`).join('; ')
  return [finding(false, {name, detail, fix: [...new Set(closed.map(linesFor))].join(' && ')})]
}

function placeOf(dropping: Dropping): string {
  const {family, table, chain} = dropping
  const place = family === 'legacy' ? `iptables ${chain}` : `table ${family} ${table}, chain ${chain}`
  const program = programOf(dropping)
  return program === undefined ? place : `${program} (${place})`
}

/** Where bridge netfilter is on, what neighbours on a bridge send each other is forwarded too. */
function whatIsLost({hook}: Dropping, host: Host): string {
  if (hook === 'input') return 'what containers ask of DNS'
  const seesBridges = host.read('/proc/sys/net/bridge/bridge-nf-call-iptables')?.trim() === '1'
  return `what containers send outside${seesBridges ? ' and to each other' : ''}, and what comes to published ports`
}

function programOf({table, through}: Dropping): 'firewalld' | 'ufw' | 'docker' | undefined {
  if (table === 'firewalld') return 'firewalld'
  if (through.some(chain => chain.startsWith('ufw-'))) return 'ufw'
  return through.includes('DOCKER-USER') ? 'docker' : undefined
}

function linesFor(dropping: Dropping): string {
  const program = programOf(dropping)
  if (program !== undefined) return lines[program]
  return dropping.family === 'legacy' ? linesOfLegacy(dropping) : linesOfNft(dropping)
}

const lines = {
  firewalld: 'firewall-cmd --permanent --zone=trusted --add-interface=stk+ && firewall-cmd --reload',
  ufw: 'ufw route allow in on stk+ && ufw route allow out on stk+ && ufw allow in on stk+ to any port 53',
  docker: 'iptables -I DOCKER-USER -i stk+ -j ACCEPT && iptables -I DOCKER-USER -o stk+ -j ACCEPT',
}

function linesOfNft({family, table, chain, hook}: Dropping): string {
  const insert = (rule: string) => `nft 'insert rule ${family} ${table} ${chain} ${rule} accept'`
  return hook === 'forward'
    ? `${insert('iifname "stk*"')} && ${insert('oifname "stk*"')}`
    : insert('iifname "stk*" meta l4proto { tcp, udp } th dport 53')
}

const linesOfLegacy = ({chain, hook}: Dropping): string =>
  (hook === 'forward' ? ['-i stk+', '-o stk+'] : ['-i stk+ -p udp --dport 53', '-i stk+ -p tcp --dport 53'])
    .map(rule => `iptables -I ${chain} ${rule} -j ACCEPT`)
    .join(' && ')

const legacyRules = (host: Host): string =>
  host.read('/proc/net/ip_tables_names')?.split('\n').includes('filter')
    ? (host.run('iptables-legacy', ['-S']) ?? host.run('iptables', ['-S']) ?? '')
    : ''
