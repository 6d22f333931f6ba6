import type {ActualContainer} from '../engine/engine.ts'
import {ago, roughly} from '../ui/time.ts'

type Ports = ActualContainer['ports']

/** `Up 3 minutes (healthy)`, as `docker ps` words it. */
export function statusText(container: ActualContainer, now: number): string {
  const {status, health, exitCode, startedAt = now, finishedAt = now} = container
  if (status === 'created') return 'Created'
  if (status === 'removing') return 'Removal In Progress'
  if (status === 'dead') return 'Dead'
  if (status === 'exited') return `Exited (${exitCode}) ${ago(finishedAt, now)}`
  if (status === 'restarting') return `Restarting (${exitCode}) ${ago(finishedAt, now)}`
  const up = `Up ${roughly(now - startedAt)}`
  if (status === 'paused') return `${up} (Paused)`
  if (health === 'none') return up
  return `${up} (${health === 'starting' ? 'health: starting' : health})`
}

/** `0.0.0.0:8080->80/tcp, 9000/tcp` */
export const portsText = (ports: Ports): string =>
  [...new Set([...ports].sort((a, b) => a.target - b.target || a.published - b.published).map(portText))].join(', ')

function portText({hostIp, published, target, protocol}: Ports[number]): string {
  const inside = `${target}/${protocol}`
  return published === 0 ? inside : `${hostWithPort(hostIp, published)}->${inside}`
}

export const hostWithPort = (hostIp: string, port: number): string =>
  `${hostIp === '' ? '0.0.0.0' : hostIp.includes(':') ? `[${hostIp}]` : hostIp}:${port}`

/** The command in quotes, cut to twenty characters unless all of it is wanted. */
export function commandText(command: string, whole: boolean): string {
  const characters = [...command]
  return `"${whole || characters.length <= 20 ? command : `${characters.slice(0, 19).join('')}…`}"`
}

/** One object of `ps --format json`, with the names that Docker gives its fields. */
export function containerJson(container: ActualContainer, project: string, now: number): Record<string, unknown> {
  const {id, name, service, status, health, exitCode, image, command, created, labels, networks, ports, volumes} =
    container
  return {
    Command: commandText(command, false),
    CreatedAt: new Date(created).toISOString().replace('T', ' ').replace(/\..*/, ' +0000 UTC'),
    ExitCode: exitCode,
    Health: health === 'none' ? '' : health,
    ID: id.slice(0, 12),
    Image: image,
    Labels: Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
    LocalVolumes: String(volumes.length),
    Mounts: volumes.join(','),
    Name: name,
    Names: name,
    Networks: Object.keys(networks).join(','),
    Ports: portsText(ports),
    Project: project,
    Publishers: ports.map(each => ({
      URL: each.hostIp,
      TargetPort: each.target,
      PublishedPort: each.published,
      Protocol: each.protocol,
    })),
    RunningFor: ago(created, now),
    Service: service,
    Size: '0B',
    State: status,
    Status: statusText(container, now),
  }
}
