/** All that the table depends on; the text is a pure function of it. */
export type RuleFacts = {
  readonly table: string
  readonly networks: readonly NetworkFacts[]
  readonly published: readonly Publication[]
}

export type NetworkFacts = {
  /** The first, which has the gateway's address. */
  readonly bridge: string
  /** Those that were added when it was full. */
  readonly further?: readonly string[]
  readonly subnet: string
  readonly subnet6?: string
  readonly gateway: string
  readonly gateway6?: string
  readonly internal: boolean
  /** Where our DNS server listens when another program has port 53. */
  readonly dnsPort?: number
}

/** A port of the host and the containers that it is spread over. */
export type Publication = {
  readonly protocol: 'tcp' | 'udp'
  /** '' is every address of the host. */
  readonly hostIp: string
  readonly port: number
  readonly targets: ReadonlyArray<{readonly address: string; readonly port: number}>
}

/**
 * The whole table as `nft -f` reads it; replaces the one before in one transaction. Without networks there is none.
 * docs/networking.md walks a packet through it.
 */
export function rulesText({table, networks, published}: RuleFacts): string {
  const replace = [`table inet ${table}`, `delete table inet ${table}`]
  if (networks.length === 0) return `${replace.join('\n')}\n`
  const chains = [
    chain('martians', 'type filter hook prerouting priority -300; policy accept;', [
      ...martians(networks),
      ...untracked(networks),
    ]),
    chain('forward', 'type filter hook forward priority 0; policy accept;', forward(networks)),
    ...published.map(each => chain(chainName(each), '', [spread(each)])),
    chain('services', 'type filter hook input priority 0; policy accept;', services(networks)),
    chain('published', '', [notOfServices(networks), ...notCameFurther(networks), ...dispatch(published)]),
    chain('prerouting', 'type nat hook prerouting priority -100; policy accept;', [...dns(networks), toPublished]),
    chain('output', 'type nat hook output priority -100; policy accept;', [toPublished]),
    chain('postrouting', 'type nat hook postrouting priority 100; policy accept;', masquerade(networks)),
  ]
  return [...replace, `table inet ${table} {`, ...chains.flat().map(line => `  ${line}`), '}', ''].join('\n')
}

const toPublished = 'meta nfproto ipv4 fib daddr type local jump published'

function chain(name: string, hook: string, rules: readonly string[]): string[] {
  return [`chain ${name} {`, ...[hook, ...rules].filter(line => line !== '').map(line => `  ${line}`), '}']
}

const set = (elements: readonly string[]): string => `{ ${elements.join(', ')} }`
const bridges = (networks: readonly NetworkFacts[]): string => set(networks.map(each => `"${each.bridge}"`))

/**
 * route_localnet lets packets for 127.0.0.1 in by our bridges: only the host itself may send such. The address goes first:
 * every packet of the host comes by, and a set of names costs more than a byte.
 */
const martians = (networks: readonly NetworkFacts[]): string[] =>
  ['saddr', 'daddr'].map(end => `ip ${end} 127.0.0.0/8 iifname ${bridges(networks)} drop`)

/** Of a frame that bridge netfilter saw on a further bridge and that is for this host. */
const cameFurther = '0x73746b66'

/**
 * Where bridge netfilter is on, a frame between bridges of one network is seen on each. Only the first tracks and
 * translates it. What is translated there cannot go back by the link that it came from: it is left to the listening
 * sockets of published ports, which the mark tells.
 */
function untracked(networks: readonly NetworkFacts[]): string[] {
  const further = furtherBridges(networks)
  if (further.length === 0) return []
  const names = set(further.map(each => `"${each}"`))
  return [`iifname ${names} fib daddr type local meta mark set ${cameFurther}`, `iifname ${names} notrack`]
}

const furtherBridges = (networks: readonly NetworkFacts[]): string[] => networks.flatMap(each => each.further ?? [])

/** Into a bridge come its own packets, answers, and what was sent to a published port; nothing else. */
function forward(networks: readonly NetworkFacts[]): string[] {
  const internal = networks.filter(each => each.internal)
  const within = [...networks.map(each => each.bridge), ...furtherBridges(networks)]
  return [
    'ct state established,related accept',
    `iifname . oifname ${set(within.map(bridge => `"${bridge}" . "${bridge}"`))} accept`,
    internal.length > 0 ? `iifname ${bridges(internal)} drop` : '',
    `oifname ${bridges(networks)} ct status dnat accept`,
    `oifname ${bridges(networks)} drop`,
  ]
}

const belowGateway = (networks: readonly NetworkFacts[]): string =>
  `ip daddr ${set(networks.map(each => each.subnet))} ip daddr != ${set(networks.map(each => each.gateway))}`

/** The host has services' addresses so that they answer a ping; what listens on the host is not reached by them. */
function services(networks: readonly NetworkFacts[]): string[] {
  const with6 = networks.filter(each => each.subnet6 !== undefined && each.gateway6 !== undefined)
  const [subnets6, gateways6] = [with6.map(each => each.subnet6!), with6.map(each => each.gateway6!)]
  const all = [
    belowGateway(networks),
    ...(with6.length > 0 ? [`ip6 daddr ${set(subnets6)} ip6 daddr != ${set(gateways6)}`] : []),
  ]
  // Not every packet of TCP, or the reset itself would be stopped where it is the host that asks.
  return all.flatMap(each => [
    `${each} tcp flags & (syn | ack) == syn reject with tcp reset`,
    `${each} meta l4proto udp reject`,
  ])
}

const notOfServices = (networks: readonly NetworkFacts[]): string => `${belowGateway(networks)} return`

const notCameFurther = (networks: readonly NetworkFacts[]): string[] =>
  furtherBridges(networks).length === 0 ? [] : [`meta mark ${cameFurther} return`]

const chainName = ({protocol, hostIp, port}: Publication): string =>
  ['port', protocol, port, ...(hostIp === '' ? [] : hostIp.split('.'))].join('_')

/** Each new connection to the next target in turn. */
function spread({protocol, targets}: Publication): string {
  const [only] = targets
  if (targets.length === 1 && only) return `meta l4proto ${protocol} dnat ip to ${only.address}:${only.port}`
  const map = targets.map(({address, port}, index) => `${index} : ${address} . ${port}`)
  return `meta l4proto ${protocol} dnat ip to numgen inc mod ${targets.length} map ${set(map)}`
}

/** A port of one address goes before the same port of all. */
function dispatch(published: readonly Publication[]): string[] {
  const entry = (each: Publication) => `${each.protocol} . ${each.port} : goto ${chainName(each)}`
  const some = published.filter(each => each.hostIp !== '').map(each => `${each.hostIp} . ${entry(each)}`)
  const all = published.filter(each => each.hostIp === '').map(entry)
  return [
    some.length > 0 ? `ip daddr . meta l4proto . th dport vmap ${set(some)}` : '',
    all.length > 0 ? `meta l4proto . th dport vmap ${set(all)}` : '',
  ]
}

const dns = (networks: readonly NetworkFacts[]): string[] =>
  networks
    .filter(each => each.dnsPort !== undefined)
    .map(
      ({bridge, gateway, dnsPort}) =>
        `iifname "${bridge}" ip daddr ${gateway} meta l4proto { tcp, udp } th dport 53 redirect to :${dnsPort}`,
    )

function masquerade(networks: readonly NetworkFacts[]): string[] {
  const outward = networks.filter(each => !each.internal)
  const subnets6 = outward.map(each => each.subnet6).filter(each => each !== undefined)
  return [
    `ip saddr 127.0.0.0/8 oifname ${bridges(networks)} masquerade`,
    // A neighbour's answer would otherwise go past us, straight to one who asked another address.
    `ct status dnat ip saddr . ip daddr ${set(networks.map(({subnet}) => `${subnet} . ${subnet}`))} masquerade`,
    outward.length > 0
      ? `ip saddr ${set(outward.map(each => each.subnet))} oifname != ${bridges(networks)} masquerade`
      : '',
    subnets6.length > 0 ? `ip6 saddr ${set(subnets6)} oifname != ${bridges(networks)} masquerade` : '',
  ]
}
