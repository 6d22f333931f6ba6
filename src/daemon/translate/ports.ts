import {StackError} from '../../base/error.ts'
import type {PortBinding} from '../../model/container.ts'
import type {PublishedPort} from '../../runtime/runtime.ts'

export type PortMap = Readonly<
  Record<string, ReadonlyArray<{readonly HostIp?: string; readonly HostPort?: string}> | null>
>

/** Docker's `{"80/tcp": [{HostIp, HostPort}]}` as a list; `all` are exposed ports to publish anywhere. */
export function portBindings(map: PortMap, all: readonly string[]): PortBinding[] {
  const asked = Object.entries(map).flatMap(([port, bindings]) =>
    (bindings ?? []).map(each => binding(port, each.HostIp ?? '', each.HostPort ?? '')),
  )
  return [...asked, ...all.filter(port => map[port] == null).map(port => binding(port, '', ''))]
}

function binding(port: string, hostIp: string, hostPort: string): PortBinding {
  const [number = '', protocol = 'tcp'] = port.split('/')
  const target = Number(number)
  if (!Number.isInteger(target) || target < 1 || target > 65535)
    throw new StackError('bad-request', `invalid port "${port}"`)
  if (protocol !== 'tcp' && protocol !== 'udp') {
    throw new StackError('unsupported', `port ${port}: only tcp and udp can be published`)
  }
  return {
    target,
    protocol,
    hostIp: hostIp === '0.0.0.0' || hostIp === '::' ? '' : hostIp,
    hostPort: hostPort === '0' ? '' : hostPort,
  }
}

export const portKey = (port: {target: number; protocol: string}): string => `${port.target}/${port.protocol}`

/** inspect's `NetworkSettings.Ports`: published ones with their bindings, exposed ones with null. */
export function portMap(exposed: readonly string[], published: readonly PublishedPort[]) {
  const map: Record<string, Array<{HostIp: string; HostPort: string}> | null> = {}
  for (const port of exposed) map[port] = null
  for (const each of published) {
    const bindings = map[portKey(each)] ?? []
    for (const HostIp of each.hostIp === '' ? ['0.0.0.0', '::'] : [each.hostIp]) {
      bindings.push({HostIp, HostPort: String(each.hostPortNumber)})
    }
    map[portKey(each)] = bindings
  }
  return map
}

/** list's `Ports`. */
export function portList(exposed: readonly string[], published: readonly PublishedPort[]) {
  return Object.entries(portMap(exposed, published)).flatMap(([port, bindings]) => {
    const [number, Type] = port.split('/')
    const PrivatePort = Number(number)
    if (bindings === null) return [{PrivatePort, Type}]
    return bindings.map(each => ({IP: each.HostIp, PrivatePort, PublicPort: Number(each.HostPort), Type}))
  })
}
