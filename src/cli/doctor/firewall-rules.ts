/** A chain of somebody's firewall that drops what no rule of it accepts. */
export type Dropping = {
  /** Of nft, or `legacy` for the older iptables, whose only table here is filter. */
  readonly family: string
  readonly table: string
  readonly chain: string
  readonly hook: Hook
  /** The chains that its packets may go through, itself first. */
  readonly through: readonly string[]
  /** Whether a rule on that way knows our bridges or addresses. */
  readonly isAware: boolean
}

export type Hook = 'forward' | 'input'

type Chain = {readonly family: string; readonly table: string; readonly name: string; readonly lines: string[]}

/** Of the text of `nft list ruleset`, without the tables that are ours. */
export function droppingOfNft(rules: string): readonly Dropping[] {
  const chains = chainsOfNft(rules).filter(({table}) => !/^stack(_\w+)?$/.test(table))
  return chains
    .filter(({family}) => ['inet', 'ip'].includes(family))
    .flatMap(chain => {
      const [, hook, policy] = /\btype filter hook (forward|input) .*policy (\w+);/.exec(chain.lines[0] ?? '') ?? []
      if (!isHook(hook) || !(policy === 'drop' || endsInRefusal(chain))) return []
      return [dropping(chain, hook, chains)]
    })
}

/** Of the text of `iptables -S`. */
export function droppingOfLegacy(rules: string): readonly Dropping[] {
  const lines = rules.split('\n')
  const names = new Set(lines.flatMap(line => /^-[PNA] (\S+)/.exec(line)?.[1] ?? []))
  const chains = [...names].map(name => {
    const own = lines.filter(line => line.startsWith(`-A ${name} `)).map(line => line.slice(`-A ${name} `.length))
    return {family: 'legacy', table: 'filter', name, lines: own}
  })
  return chains.flatMap(chain => {
    const hook = chain.name.toLowerCase()
    if (!isHook(hook) || !(lines.includes(`-P ${chain.name} DROP`) || endsInRefusal(chain))) return []
    return [dropping(chain, hook, chains)]
  })
}

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

const isHook = (word: string | undefined): word is Hook => word === 'forward' || word === 'input'

function dropping(base: Chain, hook: Hook, all: readonly Chain[]): Dropping {
  const {family, table, name} = base
  const through = new Set([base])
  // A set that grows while it is gone through.
  for (const chain of through) {
    const next = new Set(chain.lines.flatMap(line => [...line.matchAll(jumps)].map(match => match[1])))
    for (const each of all) {
      if (each.family === family && each.table === table && next.has(each.name)) through.add(each)
    }
  }
  const isAware = [...through].some(({lines}) => lines.some(line => ours.test(line)))
  return {family, table, chain: name, hook, through: [...through].map(each => each.name), isAware}
}

const jumps = /(?:\bjump|\bgoto|-[jg]) ([\w-]+)/g

/** The names of our bridges, or where our addresses are taken from first. */
const ours = /\bstk[*+0-9a-f]|\b10\.192\.0\.0\/11/
