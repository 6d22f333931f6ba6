import {isUp} from './compare.ts'
import type {Decision, Replica} from './converge.ts'
import {networkParent, volumeSources} from './order.ts'

/**
 * What follows from replacing a service, in dependency order: who shares its network or volumes must be made anew, and who asked
 * for it by `depends_on.restart` is started again. `decisions` are in dependency order.
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
  const replaced = Object.entries(service.dependsOn).find(
    ([name, {restart}]) => restart && isReplaced(decided.get(name)),
  )
  if (replaced === undefined) return decision
  return {...decision, replicas: decision.replicas.map(each => restart(each, `${replaced[0]} is replaced`))}
}

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
