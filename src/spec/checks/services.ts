import {parseDuration} from '../../base/duration.ts'
import type {CanonicalService} from '../canonical-form.ts'
import {isAddress} from '../forms/address.ts'
import {parseRange} from '../forms/ports.ts'
import {exposedPorts} from '../project/expose.ts'
import type {ServiceCheck} from './check.ts'

/** Attributes that must be there, and those that exclude each other. */
export const checkService: ServiceCheck = (name, service, {tell}) => {
  const at = (...rest: (string | number)[]) => ['services', name, ...rest]
  if (service.image === undefined && service.build === undefined && service.provider === undefined) {
    tell('missing-key', at(), {
      message: `services.${name} needs image or build`,
      hint: 'image: host:// needs no download',
    })
  }
  if (service.provider !== undefined && service.provider?.type === undefined) {
    tell('missing-key', at('provider'), {message: `services.${name}.provider needs type`})
  }
  if (service.build?.dockerfile !== undefined && service.build.dockerfile_inline !== undefined) {
    tell('conflict', at('build', 'dockerfile'), {
      message: `services.${name}.build has both dockerfile and dockerfile_inline`,
    })
  }
  const platforms = service.build?.platforms ?? []
  if (service.platform !== undefined && platforms.length > 0 && !platforms.includes(service.platform)) {
    tell('conflict', at('build', 'platforms'), {
      message: `services.${name}.build.platforms does not have ${service.platform}`,
    })
  }
  if (service.network_mode !== undefined && Object.keys(service.networks ?? {}).length > 0) {
    tell('conflict', at('network_mode'), {message: `services.${name} has both network_mode and networks`})
  }
  if (service.healthcheck?.start_interval !== undefined && service.healthcheck.start_period === undefined) {
    tell('missing-key', at('healthcheck', 'start_interval'), {
      message: `services.${name}.healthcheck.start_interval needs start_period`,
      hint: 'it says how often to look within that time',
    })
  }
  const links = ['links', 'external_links'] as const
  for (const key of links.filter(
    each => service[each] !== undefined && (service.network_mode ?? 'bridge') !== 'bridge',
  )) {
    tell('conflict', at(key), {
      message: `services.${name} has both network_mode and ${key}`,
      hint: 'links are names on networks: join one',
    })
  }
  const first = service.healthcheck?.test?.[0]
  if (service.healthcheck?.test !== undefined && !['CMD', 'CMD-SHELL', 'NONE'].includes(first ?? '')) {
    tell('bad-value', at('healthcheck', 'test'), {
      message: `services.${name}.healthcheck.test must start with CMD, CMD-SHELL or NONE`,
    })
  }
}

export const checkPull: ServiceCheck = (name, {pull_refresh_after: after}, {tell}) => {
  if (after === undefined || parseDuration(after) !== undefined) return
  tell('bad-value', ['services', name, 'pull_refresh_after'], {
    message: `services.${name}.pull_refresh_after is a time like 12h or 2d, not "${after}"`,
  })
}

export const checkScale: ServiceCheck = (name, service, {tell}) => {
  const {scale, container_name: containerName} = service
  const replicas = service.deploy?.replicas
  if (scale !== undefined && replicas !== undefined && scale !== replicas) {
    tell('conflict', ['services', name, 'scale'], {
      message: `services.${name} has scale ${scale} and deploy.replicas ${replicas}`,
    })
  }
  const count = replicas ?? scale ?? 1
  if (containerName !== undefined && count > 1) {
    tell('conflict', ['services', name, 'container_name'], {
      message: `services.${name} has a container_name and ${count} replicas: only one container can have that name`,
    })
  }
}

/** The same limit written twice must say the same. */
export const checkLimits: ServiceCheck = (name, service, {tell}) => {
  const {limits, reservations} = service.deploy?.resources ?? {}
  const pairs: ReadonlyArray<readonly [keyof CanonicalService, object | undefined, string, unknown, string]> = [
    ['cpus', limits, 'limits', limits?.cpus, 'cpus'],
    ['mem_limit', limits, 'limits', limits?.memory, 'memory'],
    ['pids_limit', limits, 'limits', limits?.pids, 'pids'],
    ['mem_reservation', reservations, 'reservations', reservations?.memory, 'memory'],
  ]
  for (const [key, block, blockName, deployed, member] of pairs) {
    const own = service[key]
    if (own === undefined || block === undefined || own === deployed) continue
    const where = `services.${name}.deploy.resources.${blockName}`
    const missing = deployed === undefined
    tell('conflict', ['services', name, key], {
      message: missing
        ? `services.${name}.${key} stands beside ${where}, which does not have ${member}`
        : `services.${name}.${key} and ${where}.${member} say different things`,
      hint: missing ? `move it into ${blockName}, as ${member}` : undefined,
    })
  }
}

export const checkDeviceRequests: ServiceCheck = (name, service, {tell}) => {
  const requests = [...(service.gpus ?? []), ...(service.deploy?.resources?.reservations?.devices ?? [])]
  if (requests.some(each => each.count !== undefined && each.device_ids !== undefined)) {
    tell('conflict', ['services', name], {message: `services.${name} asks for devices by count and by device_ids`})
  }
}

export const checkPorts: ServiceCheck = (name, service, {tell}) => {
  service.expose?.forEach((port, index) => {
    if (exposedPorts(port) !== undefined) return
    tell('bad-value', ['services', name, 'expose', index], {
      message: `services.${name}.expose[${index}]: "${port}" is not a port or a range of ports`,
    })
  })
  service.ports?.forEach((port, index) => {
    const where = `services.${name}.ports[${index}]`
    const path = ['services', name, 'ports', index]
    if (port.host_ip !== undefined && !isAddress(port.host_ip)) {
      tell('bad-value', [...path, 'host_ip'], {message: `${where}: "${port.host_ip}" is not an IP address`})
    }
    if (port.published !== undefined && port.published !== '' && parseRange(port.published) === undefined) {
      tell('bad-value', [...path, 'published'], {message: `${where}: "${port.published}" is not a port or a range`})
    }
    if (port.target !== undefined && (port.target < 1 || port.target > 65_535)) {
      tell('bad-value', [...path, 'target'], {message: `${where}: ${port.target} is not a port from 1 to 65535`})
    }
    if (port.protocol === 'sctp')
      tell('unsupported', path, {message: `${where}: sctp is not supported`, hint: 'use tcp or udp'})
    else if (port.protocol !== undefined && !['tcp', 'udp'].includes(port.protocol)) {
      tell('bad-value', [...path, 'protocol'], {
        message: `${where}: "${port.protocol}" is not a protocol: it is tcp or udp`,
      })
    }
  })
}

export const checkWatch: ServiceCheck = (name, service, {tell}) => {
  service.develop?.watch?.forEach(({action, target, exec}, index) => {
    const path = ['services', name, 'develop', 'watch', index]
    const where = `services.${name}.develop.watch[${index}]`
    if (action === 'sync+exec' && !exec?.command?.length) {
      tell('missing-key', path, {message: `${where} needs exec.command for ${action}`})
    }
    if (action === 'rebuild' || action === 'restart') return
    if (target === undefined) tell('missing-key', path, {message: `${where} needs target for ${action}`})
  })
}
