import type {Dependency, Network, Project, Service, Volume} from '../../src/model/project.ts'

/** A service that says nothing but its name, as the loader would give it. */
export const service = (name: string, more: Partial<Service> = {}): Service => ({
  name,
  image: 'host://',
  pullPolicy: 'missing',
  command: ['sleep', 'infinity'],
  entrypoint: null,
  environment: {},
  labels: {},
  tty: false,
  stdinOpen: false,
  init: false,
  attach: true,
  ports: [],
  expose: [],
  mounts: [],
  configs: [],
  secrets: [],
  networkMode: 'networks',
  networks: {default: {aliases: [], priority: 0, gatewayPriority: 0}},
  extraHosts: [],
  dns: [],
  dependsOn: {},
  restart: {name: 'no', maximumRetryCount: 0},
  scale: 1,
  capAdd: [],
  capDrop: [],
  privileged: false,
  readOnly: false,
  securityOpt: [],
  resources: {},
  ulimits: {},
  sysctls: {},
  groupAdd: [],
  profiles: [],
  ...more,
})

export const dependsOn = (
  condition: Dependency['condition'] = 'service_started',
  more: Partial<Dependency> = {},
): Dependency => ({
  condition,
  restart: false,
  required: true,
  ...more,
})

export const network = (key: string, more: Partial<Network> = {}): Network => ({
  key,
  name: `shop_${key}`,
  external: false,
  driver: 'bridge',
  driverOptions: {},
  internal: false,
  attachable: false,
  enableIpv6: false,
  ipam: [],
  labels: {},
  ...more,
})

export const volume = (key: string, more: Partial<Volume> = {}): Volume => ({
  key,
  name: `shop_${key}`,
  external: false,
  driver: 'local',
  driverOptions: {},
  labels: {},
  ...more,
})

export const project = (services: readonly Service[], more: Partial<Project> = {}): Project => ({
  name: 'shop',
  workingDirectory: '/shop',
  files: ['/shop/compose.yaml'],
  services: Object.fromEntries(services.map(each => [each.name, each])),
  disabledServices: {},
  networks: {default: network('default')},
  volumes: {},
  configs: {},
  secrets: {},
  ...more,
})
