/** A chain of somebody's firewall that drops what no rule of it accepts. */
export type Dropping = {
  readonly family: Family
  /** The one that has it, where it is of the older iptables, whose only table here is filter. */
  readonly command?: string
  readonly table: string
  readonly chain: string
  readonly hook: Hook
  /** The chains that its packets may go through, itself first. */
  readonly through: readonly string[]
  /** What it takes from our networks: all that no rule on that way lets through. */
  readonly losses: readonly Loss[]
}

export type Family = 'inet' | 'ip' | 'ip6'
export type Hook = 'forward' | 'input'
/** What they send outside, by IPv4 or by both; by IPv6 alone; questions to our DNS; the looking for the host's IPv6 address. */
export type Loss = 'outside' | 'outside6' | 'names' | 'neighbours'

const losses: Readonly<Record<Hook, Readonly<Record<Family, readonly Loss[]>>>> = {
  forward: {inet: ['outside'], ip: ['outside'], ip6: ['outside6']},
  // Our DNS has IPv4 addresses alone.
  input: {inet: ['names', 'neighbours'], ip: ['names'], ip6: ['neighbours']},
}

type Chain = {readonly family: string; readonly table: string; readonly name: string; readonly lines: string[]}

/** Of the text of `nft list ruleset`, without the tables that are ours. */
export function droppingOfNft(rules: string): readonly Dropping[] {
  const chains = chainsOfNft(rules).filter(({table}) => !/^stack(_\w+)?$/.test(table))
  return chains.flatMap(chain => {
    const [, hook, policy] = /\btype filter hook (forward|input) .*policy (\w+);/.exec(chain.lines[0] ?? '') ?? []
    const {family} = chain
    if (!isFamily(family) || !isHook(hook) || !(policy === 'drop' || endsInRefusal(chain))) return []
    return [dropping({...chain, family}, hook, chains)]
  })
}

/** Of the text of `iptables -S`, or `ip6tables -S`. */
export function droppingOfLegacy({rules, family, command}: LegacyRules): readonly Dropping[] {
  const lines = rules.split('\n')
  const names = new Set(lines.flatMap(line => /^-[PNA] (\S+)/.exec(line)?.[1] ?? []))
  const chains = [...names].map(name => {
    const own = lines.filter(line => line.startsWith(`-A ${name} `)).map(line => line.slice(`-A ${name} `.length))
    return {family, table: 'filter', name, lines: own}
  })
  return chains.flatMap(chain => {
    const hook = chain.name.toLowerCase()
    if (!isHook(hook) || !(lines.includes(`-P ${chain.name} DROP`) || endsInRefusal(chain))) return []
    return [{...dropping(chain, hook, chains), command}]
  })
}

export type LegacyRules = {readonly rules: string; readonly family: 'ip' | 'ip6'; readonly command: string}

function chainsOfNft(rules: string): readonly Chain[] {
  const tables = [...rules.matchAll(/^table (\S+) (\S+) \{\n([\s\S]*?)^\}/gm)]
  return tables.flatMap(([, family = '', table = '', body = '']) =>
    [...body.matchAll(/^\tchain (\S+) \{\n([\s\S]*?)^\t\}/gm)].map(([, name = '', text = '']) => {
      const lines = text.split('\n').map(line => line.trim())
      return {family, table, name, lines: lines.filter(line => line !== '')}
    }),
  )
}

/** What firewalld and many a file of rules do instead of a policy. */
const endsInRefusal = ({lines}: Chain): boolean =>
  /^(counter packets \d+ bytes \d+ )?(drop$|reject\b)|^-j (DROP|REJECT)\b/.test(lines.at(-1) ?? '')

const isFamily = (word: string): word is Family => word === 'inet' || word === 'ip' || word === 'ip6'

const isHook = (word: string | undefined): word is Hook => word === 'forward' || word === 'input'

function dropping(base: Chain & {readonly family: Family}, hook: Hook, all: readonly Chain[]): Dropping {
  const {family, table, name} = base
  const own = all.filter(each => each.family === family && each.table === table)
  const through = new Set(own.filter(each => each.name === name))
  // A set that grows while it is gone through.
  for (const chain of through) {
    const next = new Set(chain.lines.flatMap(line => [...line.matchAll(jumps)].map(match => match[1])))
    for (const each of own) if (next.has(each.name)) through.add(each)
  }
  const lines = [...through].flatMap(each => each.lines)
  const lost = losses[hook][family].filter(loss => !lines.some(line => lets(line, loss)))
  return {family, table, chain: name, hook, through: [...through].map(each => each.name), losses: lost}
}

/** A rule that knows us lets through what it is about, unless it is about ports alone. */
function lets(line: string, loss: Loss): boolean {
  if (ours.test(line)) return loss !== 'neighbours' || discovery.test(line) || !line.includes('dport')
  return loss === 'neighbours' && discovery.test(line) && !ofOneLink.test(line)
}

const jumps = /(?:\bjump|\bgoto|-[jg]) ([\w-]+)/g

/** The names of our bridges, or where our addresses are taken from first. */
const ours = /\bstk[*+0-9a-f]|\b10\.192\.0\.0\/11/

/** Every type of ICMP, or the one that asks for a neighbour. */
const discovery =
  /\bnd-neighbor-solicit\b.* accept|\b(ipv6-icmp|icmpv6)( counter packets \d+ bytes \d+)? accept|-p ipv6-icmp( -m icmp6 --icmpv6-type 135)? -j ACCEPT/

const ofOneLink = /\biif(name)?\b|-i /
