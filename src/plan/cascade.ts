import {isUp} from './compare.ts'
import type {Decision, Replica} from './converge.ts'
import {networkParent, volumeSources} from './order.ts'
import {peerNumber, peersOf} from './sharing.ts'

/**
 * What follows from replacing a service, in dependency order: who shares its network, another namespace or volumes must
 * be made anew, and who asked for it by `depends_on.restart` is started again. `decisions` are in dependency order.
 */
export function cascade(decisions: readonly Decision[]): Decision[] {
  const decided = new Map<string, Decision>()
  for (const decision of decisions) decided.set(decision.service.name, consequences(decision, decided))
  return [...decided.values()]
}

function consequences(decision: Decision, decided: ReadonlyMap<string, Decision>): Decision {
  const {service} = decision
  const parent = networkParent(service)
  if (parent !== undefined && hasNewNetwork(decided.get(parent))) {
    return {
      ...decision,
      replicas: decision.replicas.map(each => replace(each, `shares the network of ${parent}, which is new`)),
    }
  }
  const source = volumeSources(service).find(each => isReplaced(decided.get(each)))
  if (source !== undefined) {
    const because = `has volumes of ${source}, which is replaced`
    return {...decision, replicas: decision.replicas.map(each => replace(each, because))}
  }
  const peers = peersOf(service).flatMap(name => decided.get(name) ?? [])
  const replicas = decision.replicas.map(each => peers.reduce(followPeer, each))
  const replaced = Object.entries(service.dependsOn).find(
    ([name, {restart}]) => restart && isReplaced(decided.get(name)),
  )
  if (replaced === undefined) return {...decision, replicas}
  return {...decision, replicas: replicas.map(each => restart(each, `${replaced[0]} is replaced`))}
}

/** A container that is new has another id; one that starts has namespaces that are new. */
function followPeer(replica: Replica, {service, replicas, surplus}: Decision): Replica {
  if (surplus.some(each => each.number === numberOf(replica))) {
    return replace(replica, `shares a namespace of ${service.name}-${numberOf(replica)}, which is removed`)
  }
  const number = peerNumber(numberOf(replica), replicas.map(numberOf))
  const peer = replicas.find(each => numberOf(each) === number)
  if (peer === undefined || peer.action === 'keep') return replica
  if (peer.action === 'create' || peer.action === 'replace') {
    return replace(replica, `shares a namespace of ${service.name}, which is new`)
  }
  return restart(replica, `shares a namespace of ${service.name}, which is started`)
}

const numberOf = (replica: Replica): number => (replica.action === 'create' ? replica.number : replica.container.number)

/** The first container has the network that others share. */
const hasNewNetwork = (parent: Decision | undefined): boolean =>
  parent?.replicas.some(each => each.action === 'replace' || (each.action === 'create' && each.number === 1)) === true

const isReplaced = (dependency: Decision | undefined): boolean =>
  dependency?.replicas.some(({action}) => action === 'replace') === true

function replace(replica: Replica, because: string): Replica {
  if (replica.action === 'create' || replica.action === 'replace') return replica
  return {action: 'replace', container: replica.container, because}
}

function restart(replica: Replica, because: string): Replica {
  if (replica.action !== 'keep' || !isUp(replica.container)) return replica
  return {action: 'restart', container: replica.container, because}
}
