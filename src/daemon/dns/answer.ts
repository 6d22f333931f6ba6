import type {Question, Resource} from './message.ts'

/** What one container sees of its neighbours. */
export type View = {
  readonly networks: readonly VisibleNetwork[]
  /** The neighbour that has an address, if it is one of a network of this container. */
  at(address: string): {readonly name: string; readonly network: string} | undefined
}

export type VisibleNetwork = {
  readonly name: string
  /** Leads nowhere outside. */
  readonly internal: boolean
  /** Who is called so here, running or not. */
  find(name: string): readonly Neighbour[]
}

export type Neighbour = {readonly address: string; readonly address6?: string; readonly running: boolean}

export type Verdict =
  | {readonly kind: 'answer'; readonly resources: readonly Resource[]}
  | {readonly kind: 'absent'}
  | {readonly kind: 'forward'}

/**
 * What to say to a container's question; `turn` rotates the order of replicas. A name of ours is never asked of
 * others: without an address of the type that was asked for, the answer is empty.
 */
export function answer(question: Question, view: View, turn: number): Verdict {
  const known = question.type === 'PTR' ? reverse(question.name, view) : forward(question, view, turn)
  if (known !== undefined) return known
  // A network that leads nowhere must not leak by way of names.
  return view.networks.every(each => each.internal) ? {kind: 'absent'} : {kind: 'forward'}
}

function forward({name, type}: Question, {networks}: View, turn: number): Verdict | undefined {
  const found = networks.flatMap(each => findOn(each, name.toLowerCase()))
  if (found.length === 0) return undefined
  const running = rotate(
    found.filter(each => each.running),
    turn,
  )
  if (running.length === 0) return {kind: 'absent'}
  if (type === 'A') return {kind: 'answer', resources: running.map(({address}) => ({type, name, address}))}
  if (type !== 'AAAA') return {kind: 'answer', resources: []}
  const with6 = running.flatMap(({address6}) => (address6 === undefined ? [] : [address6]))
  return {kind: 'answer', resources: with6.map(address => ({type, name, address}))}
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
  const neighbour = address === undefined ? undefined : view.at(address)
  if (neighbour === undefined) return undefined
  return {kind: 'answer', resources: [{type: 'PTR', name, target: `${neighbour.name}.${neighbour.network}`}]}
}

function addressOf(name: string): string | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/i.exec(name)
  return match === null ? undefined : match.slice(1).reverse().join('.')
}
