import type {Question, Resource} from './message.ts'

/** What one container sees of its neighbours. */
export type View = {
  readonly networks: readonly VisibleNetwork[]
  /** The neighbour that has an address, if it is one of a network of this container. */
  at(address: string): {readonly name: string; readonly network: string} | undefined
  /** Whether an address is of one of these networks, given to somebody or not. */
  covers(address: string): boolean
}

export type VisibleNetwork = {
  readonly name: string
  /** Leads nowhere outside. */
  readonly internal: boolean
  /** Who is called so here, running or not. */
  find(name: string): readonly Neighbour[]
}

export type Neighbour = {
  readonly address: string
  readonly address6?: string
  readonly running: boolean
  /** What this one alone is called; undefined: as it was asked for. */
  readonly name?: string
  /** Ports with a name: `_http._tcp`. */
  readonly ports?: Readonly<Record<string, number>>
}

export type Verdict =
  | {readonly kind: 'answer'; readonly resources: readonly Resource[]}
  | {readonly kind: 'absent'}
  | {readonly kind: 'forward'}

/**
 * What to say to a container's question; `turn` rotates the order of replicas. A name of ours is never asked of
 * others: without an address of the type that was asked for, the answer is empty.
 */
export function answer(question: Question, view: View, turn: number): Verdict {
  const known = question.type === 'PTR' ? reverse(question.name, view) : named(question, view, turn)
  if (known !== undefined) return known
  // A network that leads nowhere must not leak by way of names.
  return view.networks.every(each => each.internal) ? {kind: 'absent'} : {kind: 'forward'}
}

/** `_http._tcp.web` is about the neighbour "web", as "web" itself is. */
function named(question: Question, view: View, turn: number): Verdict | undefined {
  const [, kind, owner] = /^(_[^.]+\._(?:tcp|udp))\.(.+)$/i.exec(question.name) ?? []
  const found = findRunning(owner ?? question.name, view)
  if (found === undefined) return undefined
  if (found.length === 0) return {kind: 'absent'}
  const inTurn = rotate(found, turn)
  if (kind === undefined || owner === undefined) return {kind: 'answer', resources: addresses(question, inTurn)}
  return {kind: 'answer', resources: question.type === 'SRV' ? ports(question, {kind, owner}, inTurn) : []}
}

/** undefined where nobody is called so; empty where none of them runs. */
function findRunning(name: string, {networks}: View): readonly Neighbour[] | undefined {
  const found = networks.flatMap(each => findOn(each, name.toLowerCase()))
  return found.length === 0 ? undefined : found.filter(each => each.running)
}

function addresses({name, type}: Question, neighbours: readonly Neighbour[]): readonly Resource[] {
  if (type === 'A') return neighbours.map(({address}) => ({type, name, address}))
  if (type !== 'AAAA') return []
  return neighbours.flatMap(({address6}) => (address6 === undefined ? [] : [{type, name, address: address6} as const]))
}

type Asked = {readonly kind: string; readonly owner: string}

function ports({name}: Question, {kind, owner}: Asked, neighbours: readonly Neighbour[]): readonly Resource[] {
  return neighbours.flatMap(each => {
    const port = each.ports?.[kind.toLowerCase()]
    return port === undefined ? [] : [{type: 'SRV', name, target: each.name ?? owner, port} as const]
  })
}

/** `web`, or `web.backend` on the network "backend". */
function findOn(network: VisibleNetwork, name: string): readonly Neighbour[] {
  const suffix = `.${network.name.toLowerCase()}`
  const found = network.find(name)
  return found.length === 0 && name.endsWith(suffix) ? network.find(name.slice(0, -suffix.length)) : found
}

function rotate<T>(all: readonly T[], turn: number): readonly T[] {
  const start = all.length === 0 ? 0 : turn % all.length
  return [...all.slice(start), ...all.slice(0, start)]
}

function reverse(name: string, view: View): Verdict | undefined {
  const address = addressOf(name)
  if (address === undefined) return undefined
  const neighbour = view.at(address)
  // Nobody else knows who is on our networks, and need not learn who asks.
  if (neighbour === undefined) return view.covers(address) ? {kind: 'absent'} : undefined
  return {kind: 'answer', resources: [{type: 'PTR', name, target: `${neighbour.name}.${neighbour.network}`}]}
}

/** IPv6 addresses in the form that the kernel writes. */
function addressOf(name: string): string | undefined {
  const [, bytes] = /^((?:\d+\.){4})in-addr\.arpa$/i.exec(name) ?? []
  if (bytes !== undefined) return bytes.split('.').slice(0, 4).reverse().join('.')
  const [, digits] = /^((?:[\da-f]\.){32})ip6\.arpa$/i.exec(name) ?? []
  const words = digits?.replaceAll('.', '').split('').reverse().join('').match(/.{4}/g)
  return words == null ? undefined : new URL(`http://[${words.join(':')}]`).hostname.slice(1, -1)
}
