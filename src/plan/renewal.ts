import type {Actual, ActualContainer, ActualNetwork} from '../engine/engine.ts'
import {label} from '../engine/labels.ts'
import type {Network, Project} from '../model/project.ts'
import type {Decision, Replica} from './converge.ts'
import {networkHash} from './hash.ts'
import {networkSpec, usedNetworks} from './resources.ts'
import type {Step} from './step.ts'
import type {StepList} from './step-list.ts'

/** A network that is to be made anew, with everybody who is on it. */
export type Renewal = {
  readonly network: Network
  readonly actual: ActualNetwork
  readonly users: readonly ActualContainer[]
}

/** The project's own networks that these services use and that were made with another configuration. */
export function changedNetworks(project: Project, actual: Actual, services: ReadonlySet<string>): Renewal[] {
  const used = new Set([...services].flatMap(name => usedNetworks(project.services[name]!)))
  return Object.values(project.networks).flatMap(network => {
    const found = actual.networks.find(({name}) => name === network.name)
    if (!used.has(network.key) || network.external || found?.labels[label.project] !== project.name) return []
    const before = found.labels[label.configHash]
    if (before === undefined || before === networkHash(network)) return []
    return [{network, actual: found, users: actual.containers.filter(each => network.name in each.networks)}]
  })
}

/** Every container on such a network is made anew with it. */
export function withRenewals(decision: Decision, renewals: readonly Renewal[]): Decision {
  if (renewals.length === 0) return decision
  return {...decision, replicas: decision.replicas.map(each => renewed(each, renewals))}
}

function renewed(replica: Replica, renewals: readonly Renewal[]): Replica {
  if (replica.action === 'create' || replica.action === 'replace') return replica
  const {container} = replica
  const renewal = renewals.find(({users}) => users.includes(container))
  if (renewal === undefined) return replica
  return {action: 'replace', container, because: `network "${renewal.network.name}" has changed`}
}

/** Who would be left on the network: containers that this plan neither replaces nor removes. */
export function othersOn(
  {users}: Renewal,
  decisions: readonly Decision[],
  going: readonly ActualContainer[],
): string[] {
  const known = new Set(
    decisions.flatMap(({replicas, surplus, leftovers}) => [
      ...replicas.flatMap(each => (each.action === 'create' ? [] : [each.container.id])),
      ...[...surplus, ...leftovers].map(({id}) => id),
    ]),
  )
  return users.filter(each => !known.has(each.id) && !going.includes(each)).map(({name}) => name)
}

export const warnOfOthers = ({network}: Renewal, others: readonly string[]): string =>
  `network "${network.name}" has changed, and keeps its configuration as long as ${others.join(', ')} is on it; ` +
  'remove that first, or give --remove-orphans'

/** Looks for containers of others on the networks, before anything is stopped. */
export const checkNetworks = (renewals: readonly Renewal[], list: StepList): Step[] =>
  renewals.map(({actual, users}) =>
    list.add(
      {kind: 'check-network', network: actual, users: users.map(({id}) => id)},
      'it has changed, and is to be made anew',
    ),
  )

/** Once nothing is left on them; gives the steps that make them, by name. */
export function renewNetworks(
  project: Project,
  renewals: readonly Renewal[],
  list: StepList,
): ReadonlyMap<string, Step> {
  return new Map(
    renewals.map(({network, actual, users}) => {
      const ids = new Set(users.map(({id}) => id))
      const freed = list.steps.filter(
        ({operation}) => operation.kind === 'remove-container' && ids.has(operation.container.id ?? ''),
      )
      const because = 'configuration changed'
      const removed = list.add({kind: 'remove-network', network: actual}, because, {after: freed})
      const operation = {kind: 'create-network', network: networkSpec(project, network)} as const
      return [network.name, list.add(operation, because, {after: [removed]})]
    }),
  )
}
