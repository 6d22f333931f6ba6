import type {ActualContainer} from '../../engine/engine.ts'
import type {Project, Service} from '../../model/project.ts'
import {dependencyTable} from '../../plan/order.ts'
import type {Replica, ServiceState} from '../messages.ts'

export type Described = {
  readonly project: Project | undefined
  readonly containers: readonly ActualContainer[]
  /** Those that are shown; none: all. */
  readonly chosen: readonly string[]
}

/** The services of a project and of its containers, without anything that may be secret: environment, commands, labels. */
export function describeServices({project, containers, chosen}: Described): ServiceState[] {
  const own = containers.filter(({oneoff, service}) => !oneoff && service !== '')
  const names = [...new Set([...Object.keys(project?.services ?? {}), ...own.map(({service}) => service)])]
    .filter(name => chosen.length === 0 || chosen.includes(name))
    .sort()
  const dependencies = dependencyTable(project, own)
  return names.map(name => {
    const service = project?.services[name]
    const replicas = own.filter(each => each.service === name).sort((a, b) => a.number - b.number)
    return {
      name,
      image: service?.image ?? replicas[0]?.image ?? '',
      dependsOn: Object.entries(dependencies(name))
        .filter(([other]) => names.includes(other))
        .map(([other, {condition}]) => ({name: other, condition})),
      provider: service?.provider?.type ?? '',
      fixed: whyFixed(project, service),
      replicas: replicas.map(replicaOf),
    }
  })
}

function whyFixed(project: Project | undefined, service: Service | undefined): string {
  if (project === undefined) return 'there is no Compose file here to say what a container of it is'
  if (service === undefined) return 'the Compose file does not have it'
  if (service.provider !== undefined) return `${service.provider.type} provides it`
  if (service.containerName !== undefined) return `its one container is called ${service.containerName}`
  return ''
}

const replicaOf = ({id, name, number, status, health, exitCode, ports}: ActualContainer): Replica => ({
  id: id.slice(0, 12),
  name,
  number,
  status,
  health,
  exitCode,
  ports: ports.map(({target, protocol, hostIp, published}) => ({target, protocol, hostIp, published})),
})
