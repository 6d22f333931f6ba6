import {StackError} from '../../base/error.ts'
import type {NetworkRecord} from '../../model/network.ts'
import type {Daemon} from '../context.ts'
import {matchesAny, matchesLabels, parseFilters, prunable} from '../filters.ts'
import {findNetwork} from '../find.ts'
import type {Route} from '../http/router.ts'
import {goTime} from '../translate/duration.ts'
import {type RangeBody, rangeBodies, rangesOf} from '../translate/ipam.ts'

type CreateBody = {
  readonly Name: string
  readonly Driver?: string
  readonly Internal?: boolean
  readonly Attachable?: boolean
  readonly EnableIPv6?: boolean
  readonly Options?: Record<string, string> | null
  readonly Labels?: Record<string, string> | null
  readonly IPAM?: {readonly Config?: readonly RangeBody[] | null} | null
}

export function networkRoutes(daemon: Daemon): Route[] {
  const {networks} = daemon.runtime
  return [
    {
      method: 'GET',
      pattern: '/networks',
      handle(request, reply) {
        const filters = parseFilters(request.query.get('filters'))
        const found = networks
          .list()
          .filter(each => matchesLabels(filters.label, each.labels))
          .filter(each => matchesAny(filters.name, name => each.name.includes(name)))
          .filter(each => matchesAny(filters.id, id => each.id.startsWith(id)))
          .filter(each => matchesAny(filters.driver, driver => each.driver === driver))
        reply.json(
          200,
          found.map(each => body(daemon, each, false)),
        )
      },
    },
    {
      method: 'POST',
      pattern: '/networks/create',
      async handle(request, reply) {
        const asked = await request.json<CreateBody>()
        const record = await networks.create({
          name: asked.Name,
          driver: asked.Driver || 'bridge',
          options: asked.Options ?? {},
          internal: asked.Internal ?? false,
          attachable: asked.Attachable ?? false,
          enableIpv6: asked.EnableIPv6 ?? false,
          labels: asked.Labels ?? {},
          ...rangesOf(asked.Name, asked.IPAM?.Config ?? []),
        })
        daemon.events.tell('network', 'create', record.id, {name: record.name, type: record.driver})
        reply.json(201, {Id: record.id, Warning: ''})
      },
    },
    {
      method: 'POST',
      pattern: '/networks/prune',
      async handle(request, reply) {
        const isWanted = prunable(parseFilters(request.query.get('filters')), Date.now())
        const gone: string[] = []
        for (const record of [...networks.list()]) {
          if (users(daemon, record).length > 0 || !isWanted(record)) continue
          await networks.remove(record.id)
          daemon.events.tell('network', 'destroy', record.id, {name: record.name, type: record.driver})
          gone.push(record.name)
        }
        daemon.events.tell('network', 'prune', '', {reclaimed: '0'})
        reply.json(200, {NetworksDeleted: gone})
      },
    },
    {
      method: 'GET',
      pattern: '/networks/{id}',
      handle: (request, reply) =>
        reply.json(200, body(daemon, findNetwork(daemon.runtime, request.params.id ?? ''), true)),
    },
    {
      method: 'DELETE',
      pattern: '/networks/{id}',
      async handle(request, reply) {
        const record = findNetwork(daemon.runtime, request.params.id ?? '')
        // One that never ran is not on it yet: it finds the next network of the name.
        const [user] = users(daemon, record).filter(each => isOn(daemon, record, each.id))
        if (user)
          throw new StackError(
            'conflict',
            `error while removing network: network ${record.name} has active endpoints: container ${user.name}`,
          )
        await networks.remove(record.id)
        daemon.events.tell('network', 'destroy', record.id, {name: record.name, type: record.driver})
        reply.empty(204)
      },
    },
  ]
}

const users = (daemon: Daemon, network: NetworkRecord) =>
  daemon.runtime.containers
    .list()
    .filter(each => each.endpoints.some(at => at.network === network.name || at.network === network.id))

const isOn = ({runtime}: Daemon, network: NetworkRecord, container: string): boolean =>
  runtime.networks.endpoints(container).some(each => each.network === network.id)

function body(daemon: Daemon, record: NetworkRecord, withContainers: boolean) {
  const attached = withContainers ? users(daemon, record) : []
  return {
    Name: record.name,
    Id: record.id,
    Created: goTime(record.created),
    Scope: 'local',
    Driver: record.driver,
    EnableIPv6: record.enableIpv6,
    IPAM: {Driver: 'default', Options: null, Config: rangeBodies(record)},
    Internal: record.internal,
    Attachable: record.attachable,
    Ingress: false,
    ConfigFrom: {Network: ''},
    ConfigOnly: false,
    Containers: Object.fromEntries(
      attached.flatMap(container => {
        const at = daemon.runtime.networks.endpoints(container.id).find(each => each.network === record.id)
        if (at === undefined || daemon.runtime.containers.state(container.id).status !== 'running') return []
        return [
          [
            container.id,
            {
              Name: container.name,
              EndpointID: '',
              MacAddress: at.mac,
              IPv4Address: `${at.address}/${at.prefixLength}`,
              IPv6Address: at.address6 ?? '',
            },
          ],
        ]
      }),
    ),
    Options: record.options,
    Labels: record.labels,
  }
}
