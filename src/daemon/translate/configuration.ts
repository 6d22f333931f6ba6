import type {ContainerRecord} from '../../model/container.ts'
import {nanoseconds} from './duration.ts'
import {isolationBody} from './isolation.ts'
import {portMap} from './ports.ts'
import {resourceBody} from './resources.ts'

export function networkMode(record: ContainerRecord): string {
  return record.host.networkMode === 'networks' ? (record.endpoints[0]?.network ?? 'bridge') : record.host.networkMode
}

/** inspect's `Config`. */
export function configBody({config, image, host}: ContainerRecord) {
  return {
    Hostname: config.hostname,
    Domainname: config.domainname,
    User: config.user,
    AttachStdin: false,
    AttachStdout: true,
    AttachStderr: true,
    ExposedPorts: Object.fromEntries(
      [...new Set([...config.exposedPorts, ...host.portBindings.map(each => `${each.target}/${each.protocol}`)])].map(
        port => [port, {}],
      ),
    ),
    Tty: config.tty,
    OpenStdin: config.openStdin,
    StdinOnce: config.stdinOnce,
    Env: config.env,
    Cmd: config.cmd,
    Image: image,
    Volumes: null,
    WorkingDir: config.workingDir,
    Entrypoint: config.entrypoint.length > 0 ? config.entrypoint : null,
    OnBuild: null,
    Labels: config.labels,
    StopSignal: config.stopSignal,
    ...(config.stopTimeout === undefined ? {} : {StopTimeout: Math.ceil(config.stopTimeout / 1000)}),
    ...(config.healthcheck
      ? {
          Healthcheck: {
            Test: config.healthcheck.test,
            Interval: nanoseconds(config.healthcheck.interval),
            Timeout: nanoseconds(config.healthcheck.timeout),
            Retries: config.healthcheck.retries,
            StartPeriod: nanoseconds(config.healthcheck.startPeriod),
            StartInterval: nanoseconds(config.healthcheck.startInterval),
          },
        }
      : {}),
  }
}

const restartPolicy = ({name, maximumRetryCount, delay, window}: ContainerRecord['host']['restart']) => ({
  Name: name,
  MaximumRetryCount: maximumRetryCount,
  ...(delay === undefined ? {} : {StackDelay: nanoseconds(delay)}),
  ...(window === undefined ? {} : {StackWindow: nanoseconds(window)}),
})

const tmpfsBody = ({mounts}: ContainerRecord) =>
  Object.fromEntries(
    mounts.flatMap(each => {
      if (each.type !== 'tmpfs') return []
      const {target, size, mode, options} = each
      const words = [size === undefined ? '' : `size=${size}`, mode === undefined ? '' : `mode=${mode.toString(8)}`]
      return [[target, [...words, options ?? ''].filter(word => word !== '').join(',')]]
    }),
  )

/** inspect's `HostConfig`. */
export function hostBody(record: ContainerRecord) {
  const {host} = record
  return {
    NetworkMode: networkMode(record),
    PortBindings: portMap(
      [],
      host.portBindings.map(each => ({...each, hostPortNumber: Number(each.hostPort) || 0})),
    ),
    RestartPolicy: restartPolicy(host.restart),
    AutoRemove: host.autoRemove,
    Privileged: host.privileged,
    ReadonlyRootfs: host.readOnlyRootfs,
    CapAdd: host.capAdd,
    CapDrop: host.capDrop,
    SecurityOpt: host.securityOpt,
    GroupAdd: host.groupAdd,
    ExtraHosts: host.extraHosts,
    Dns: host.dns,
    DnsSearch: host.dnsSearch,
    DnsOptions: host.dnsOptions,
    Init: host.init,
    ShmSize: host.shmSize,
    Sysctls: host.sysctls,
    Ulimits: Object.entries(host.ulimits).map(([Name, {soft, hard}]) => ({Name, Soft: soft, Hard: hard})),
    NanoCpus: host.resources.nanoCpus ?? 0,
    CpuShares: host.resources.cpuShares ?? 0,
    CpusetCpus: host.resources.cpuset ?? '',
    Memory: host.resources.memory ?? 0,
    MemoryReservation: host.resources.memoryReservation ?? 0,
    MemorySwap: host.resources.memorySwap ?? 0,
    PidsLimit: host.resources.pids ?? null,
    OomScoreAdj: host.resources.oomScoreAdj ?? 0,
    ...resourceBody(host.resources),
    Tmpfs: tmpfsBody(record),
    Binds: record.mounts.flatMap(each =>
      each.type === 'bind' ? [`${each.source}:${each.target}${each.readOnly ? ':ro' : ''}`] : [],
    ),
    VolumesFrom: host.volumesFrom ?? null,
    LogConfig: {
      Type: host.log.driver ?? 'json-file',
      Config:
        host.log.driver === 'none'
          ? {}
          : {'max-size': String(host.log.maxSize || -1), 'max-file': String(host.log.maxFiles)},
    },
    ...isolationBody(host),
  }
}
