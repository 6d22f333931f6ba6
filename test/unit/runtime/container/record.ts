import type {ContainerConfig, ContainerRecord, HostConfig} from '../../../../src/model/container.ts'

type Changes = {
  readonly config?: Partial<ContainerConfig>
  readonly host?: Partial<HostConfig>
} & Partial<Omit<ContainerRecord, 'config' | 'host'>>

/** A container with nothing special about it, but for what is said. */
export function record({config, host, ...rest}: Changes = {}): ContainerRecord {
  return {
    id: 'c0ffee'.padEnd(64, '0'),
    name: 'web',
    created: 1,
    image: 'probe',
    imageId: `sha256:${'1'.repeat(64)}`,
    endpoints: [],
    mounts: [],
    ...rest,
    config: {
      hostname: '',
      domainname: '',
      user: '',
      tty: false,
      openStdin: false,
      stdinOnce: false,
      env: [],
      entrypoint: [],
      cmd: ['/bin/true'],
      workingDir: '',
      labels: {},
      exposedPorts: [],
      stopSignal: 'SIGTERM',
      ...config,
    },
    host: {
      networkMode: 'none',
      portBindings: [],
      restart: {name: 'no', maximumRetryCount: 0},
      autoRemove: false,
      privileged: false,
      readOnlyRootfs: false,
      capAdd: [],
      capDrop: [],
      securityOpt: [],
      groupAdd: [],
      extraHosts: [],
      dns: [],
      dnsSearch: [],
      dnsOptions: [],
      init: false,
      shmSize: 64 << 20,
      sysctls: {},
      ulimits: {},
      resources: {},
      log: {maxSize: 10 << 20, maxFiles: 3},
      ...host,
    },
  }
}
