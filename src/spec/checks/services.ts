import type {CanonicalService} from '../canonical-form.ts'
import {isAddress} from '../forms/address.ts'
import {parseRange} from '../forms/ports.ts'
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
  const pairs: ReadonlyArray<readonly [keyof CanonicalService, unknown, string]> = [
    ['cpus', limits?.cpus, 'limits.cpus'],
    ['mem_limit', limits?.memory, 'limits.memory'],
    ['pids_limit', limits?.pids, 'limits.pids'],
    ['mem_reservation', reservations?.memory, 'reservations.memory'],
  ]
  for (const [key, deployed, where] of pairs) {
    const own = service[key]
    if (own === undefined || deployed === undefined || own === deployed) continue
    tell('conflict', ['services', name, key], {
      message: `services.${name}.${key} and deploy.resources.${where} say different things`,
    })
  }
  const requests = [...(service.gpus ?? []), ...(reservations?.devices ?? [])]
  if (requests.some(each => each.count !== undefined && each.device_ids !== undefined)) {
    tell('conflict', ['services', name], {message: `services.${name} asks for devices by count and by device_ids`})
  }
}

export const checkPorts: ServiceCheck = (name, service, {tell}) => {
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
  service.develop?.watch?.forEach(({action, target}, index) => {
    if (target !== undefined || action === 'rebuild' || action === 'restart') return
    const path = ['services', name, 'develop', 'watch', index]
    tell('missing-key', path, {message: `services.${name}.develop.watch[${index}] needs target for ${action}`})
  })
}
