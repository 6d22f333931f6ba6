import {parseBytes} from '../../base/bytes.ts'
import {parseDuration} from '../../base/duration.ts'
import {parseRate} from '../../base/rate.ts'
import type {Dependency, DependencyCondition, Link, NetworkAttachment, Port, Service} from '../../model/project.ts'
import type {CanonicalAttachment, CanonicalDependency, CanonicalService} from '../canonical-form.ts'
import {mapValues} from '../normalise.ts'
import {buildOf} from './build.ts'
import {defined} from './defined.ts'
import {exposedPorts} from './expose.ts'
import {healthcheckOf} from './health.ts'
import {hooksOf, preStartOf} from './hooks.ts'
import {isolationOf} from './isolation.ts'
import {configGrants, mountsOf, secretGrants, volumesFromOf} from './mounts.ts'
import {providerOf} from './provider.ts'
import {pullOf} from './pull.ts'
import {resourcesOf} from './resources.ts'
import {restartOf} from './restart.ts'
import {watchOf} from './watch.ts'

/** A canonical service as the rest of the program wants it: typed, complete, numbers as numbers. */
export function serviceOf(name: string, service: CanonicalService, project: string): Service {
  const image = service.image ?? `${project}-${name}`
  return {
    name,
    image,
    ...defined({build: buildOf(service), provider: providerOf(service)}),
    ...pullOf(service),
    command: service.command ?? null,
    entrypoint: service.entrypoint ?? null,
    environment: mapValues(service.environment ?? {}, value => value),
    labels: mapValues(service.labels ?? {}, value => value),
    ...identityOf(service),
    tty: service.tty ?? false,
    stdinOpen: service.stdin_open ?? false,
    init: service.init ?? false,
    attach: service.attach ?? true,
    ...networkOf(service),
    mounts: mountsOf(service),
    ...defined({volumesFrom: volumesFromOf(service)}),
    configs: configGrants(service.configs ?? []),
    secrets: secretGrants(service.secrets ?? []),
    dependsOn: mapValues(service.depends_on ?? {}, dependencyOf),
    ...defined({healthcheck: healthcheckOf(service.healthcheck)}),
    restart: restartOf(service),
    scale: service.provider === undefined ? (service.deploy?.replicas ?? service.scale ?? 1) : 0,
    ...stopOf(service),
    ...securityOf(service),
    ...isolationOf(service),
    resources: resourcesOf(service),
    ulimits: mapValues(service.ulimits ?? {}, value =>
      typeof value === 'number' ? {soft: value, hard: value} : value,
    ),
    sysctls: mapValues(service.sysctls ?? {}, value => value),
    ...defined({shmSize: service.shm_size === undefined ? undefined : parseBytes(service.shm_size)}),
    ...defined({logging: loggingOf(service)}),
    ...defined({platform: service.platform, preStart: preStartOf(service.pre_start, image)}),
    ...defined({postStart: hooksOf(service.post_start), preStop: hooksOf(service.pre_stop)}),
    ...defined({watch: watchOf(service)}),
    profiles: service.profiles ?? [],
  }
}

const identityOf = (service: CanonicalService) =>
  defined({
    containerName: service.container_name,
    hostname: service.hostname,
    domainname: service.domainname,
    user: service.user,
    workingDir: service.working_dir,
  })

const securityOf = (service: CanonicalService) => ({
  capAdd: service.cap_add ?? [],
  capDrop: service.cap_drop ?? [],
  privileged: service.privileged ?? false,
  readOnly: service.read_only ?? false,
  securityOpt: service.security_opt ?? [],
  groupAdd: service.group_add ?? [],
})

const stopOf = (service: CanonicalService) =>
  defined({
    stopSignal: service.stop_signal,
    stopGracePeriod: service.stop_grace_period === undefined ? undefined : parseDuration(service.stop_grace_period),
  })

function networkOf(service: CanonicalService) {
  const mode = service.network_mode
  return {
    networkMode: (mode === undefined || mode === 'bridge' ? 'networks' : mode) as Service['networkMode'],
    networks: mapValues(service.networks ?? {}, attachment => attachmentOf(attachment, service)),
    ports: (service.ports ?? []).map(portOf),
    expose: (service.expose ?? []).flatMap(port => exposedPorts(port) ?? []),
    extraHosts: (service.extra_hosts ?? []).map(host => host.replace('=', ':')),
    dns: (service.dns ?? []).filter(server => server !== ''),
    ...defined({
      dnsSearch: orUndefined(service.dns_search),
      dnsOptions: orUndefined(service.dns_opt),
      links: orUndefined(linksOf(service)),
      networkLimits: networkLimitsOf(service),
    }),
  }
}

function networkLimitsOf({'x-network-limits': limits}: CanonicalService): Service['networkLimits'] {
  const rate = (text: string | null | undefined) => (text == null ? undefined : parseRate(text))
  const found = defined({egress: rate(limits?.egress), ingress: rate(limits?.ingress)})
  return Object.keys(found).length === 0 ? undefined : found
}

const attachmentOf = (attachment: CanonicalAttachment | null, {deploy}: CanonicalService): NetworkAttachment => ({
  aliases: attachment?.aliases ?? [],
  ...defined({
    ipv4Address: attachment?.ipv4_address,
    ipv6Address: attachment?.ipv6_address,
    macAddress: attachment?.mac_address,
    interfaceName: attachment?.interface_name,
    linkLocalIps: orUndefined(attachment?.link_local_ips),
    driverOptions: attachment?.driver_opts && mapValues(attachment.driver_opts, value => value ?? ''),
  }),
  ...(deploy?.endpoint_mode === 'dnsrr' ? {mode: deploy.endpoint_mode} : {}),
  priority: attachment?.priority ?? 0,
  gatewayPriority: attachment?.gw_priority ?? 0,
})

const orUndefined = <T>(list: readonly T[] | undefined): readonly T[] | undefined =>
  list?.length === 0 ? undefined : list

/** `NAME[:ALIAS]`. */
function linksOf({links = [], external_links: external = []}: CanonicalService): Link[] {
  const split = (text: string) => {
    const [name = '', alias = name] = text.split(':')
    return {name, alias}
  }
  return [
    ...links.map(split).map(({name, alias}) => ({service: name, alias})),
    ...external.map(split).map(({name, alias}) => ({container: name, alias})),
  ]
}

const portOf = (port: NonNullable<CanonicalService['ports']>[number]): Port => ({
  target: port.target!,
  ...defined({
    name: port.name,
    published: port.published === '' ? undefined : port.published,
    hostIp: port.host_ip,
  }),
  protocol: port.protocol === 'udp' ? 'udp' : 'tcp',
})

const dependencyOf = (dependency: CanonicalDependency): Dependency => ({
  condition: (dependency.condition ?? 'service_started') as DependencyCondition,
  restart: dependency.restart ?? false,
  required: dependency.required ?? true,
})

function loggingOf({logging}: CanonicalService): Service['logging'] {
  if (logging === undefined) return undefined
  return {...defined({driver: logging.driver}), options: mapValues(logging.options ?? {}, value => value ?? '')}
}
