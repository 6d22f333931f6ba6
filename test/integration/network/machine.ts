import {type ChildProcess, execFile, execFileSync, spawn} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {once} from 'node:events'
import {mkdir, rm} from 'node:fs/promises'
import {basename, join} from 'node:path'
import {promisify} from 'node:util'
import {takeLock} from '../../../src/base/lock.ts'
import type {ContainerRecord, PortBinding} from '../../../src/model/container.ts'
import type {NetworkRecord} from '../../../src/model/network.ts'
import {native} from '../../../src/native/binding.ts'
import {openNetworks, ownerOf} from '../../../src/runtime/network/open.ts'
import {commonCgroup} from '../../../src/runtime/open.ts'
import {pathsOf} from '../../../src/runtime/paths.ts'
import type {NetworkOptions, Networks} from '../../../src/runtime/runtime.ts'

export const paths = pathsOf({state: '/var/lib/stack/network-test', run: '/run/stack'})

export type Machine = {
  networks: Networks
  readonly warnings: string[]
  network(name: string, more?: Partial<NetworkOptions>): Promise<NetworkRecord>
  container(name: string, more?: Wanted): Promise<ContainerRecord>
  /** A daemon that starts again: everything is read anew. */
  restart(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export type Wanted = {
  readonly networks?: readonly string[]
  readonly aliases?: readonly string[]
  readonly service?: string
  readonly project?: string
  readonly ports?: readonly PortBinding[]
  readonly address?: string
  readonly mode?: ContainerRecord['host']['networkMode']
  readonly dns?: readonly string[]
  readonly hasHealthcheck?: boolean
  readonly endpointMode?: 'dnsrr'
  readonly isOneoff?: boolean
  /** By network. */
  readonly more?: Readonly<Record<string, Partial<ContainerRecord['endpoints'][number]>>>
  readonly search?: readonly string[]
}

/** Without `services` the kernel has nothing to give them addresses with. */
export async function machine({services = true, containersPerBridge = 1000} = {}): Promise<Machine> {
  const warnings: string[] = []
  const warn = (doing: string, error: unknown) => warnings.push(`${doing}: ${error}`)
  const made: string[] = []
  const open = async () => {
    const networks = openNetworks({paths, warn, containersPerBridge, ...(services ? commonCgroup() : {})})
    await networks.load()
    return networks
  }
  // As a daemon has it: one of another test may be about to leave.
  const lock = await takeLock(paths.daemonLock, 10_000)
  if (lock === undefined) throw new Error('a daemon of another test does not leave')
  const here: Machine = {
    networks: await open(),
    warnings,
    network: (name, more) => here.networks.create({...plainNetwork, name, ...more}),
    async container(name, more = {}) {
      const record = recordOf(name, more)
      made.push(record.id)
      await mkdir(paths.container(record.id).directory, {recursive: true})
      await here.networks.attach(record)
      return record
    },
    async restart() {
      await here.networks.close()
      here.networks = await open()
    },
    async [Symbol.asyncDispose]() {
      for (const id of made) await here.networks.detach(id)
      for (const each of here.networks.list()) await here.networks.remove(each.id)
      await here.networks.close()
      for (const each of [paths.state, paths.run]) await rm(each, {recursive: true, force: true})
      lock.release()
    },
  }
  return here
}

export const plainNetwork: Omit<NetworkOptions, 'name'> = {
  driver: 'bridge',
  options: {},
  internal: false,
  attachable: false,
  enableIpv6: false,
  labels: {},
}

export function recordOf(name: string, more: Wanted): ContainerRecord {
  const project = more.project === undefined ? {} : {'com.docker.compose.project': more.project}
  const service = more.service === undefined ? {} : {'com.docker.compose.service': more.service}
  const dnsrr = more.endpointMode === undefined ? {} : {mode: more.endpointMode}
  const only = more.networks?.length === 1 && more.address ? {ipv4Address: more.address} : {}
  return {
    id: randomBytes(32).toString('hex'),
    name,
    created: 0,
    image: '',
    imageId: '',
    mounts: [],
    endpoints: (more.networks ?? []).map(network => ({
      network,
      aliases: more.aliases ?? [],
      ...only,
      ...dnsrr,
      ...more.more?.[network],
    })),
    config: {
      hostname: '',
      domainname: '',
      labels: {...project, ...service, ...(more.isOneoff ? {'com.docker.compose.oneoff': 'True'} : {})},
      ...(more.hasHealthcheck ? {healthcheck: {}} : {}),
    } as ContainerRecord['config'],
    host: {
      networkMode: more.mode ?? 'networks',
      portBindings: more.ports ?? [],
      dns: more.dns ?? [],
      dnsSearch: more.search ?? [],
      dnsOptions: [],
      extraHosts: [],
    } as unknown as ContainerRecord['host'],
  }
}

export const port = (target: number, hostPort: number | string, more: Partial<PortBinding> = {}): PortBinding => ({
  target,
  protocol: 'tcp',
  hostIp: '',
  hostPort: String(hostPort),
  ...more,
})

/** A pinned namespace, as the addon is asked for it. */
export const pinned = (path: string) => ({path: join('/', basename(path)), pins: paths.pins})

/** What the kernel knows of services is found by. */
export const ownerHere = (): string => ownerOf(paths)

/** Where a command runs: in a container, in a namespace by path, or on the host. */
export type Place = ContainerRecord | string | 'host'
const enter = (place: Place): string[] => {
  if (place === 'host') return []
  const net = `--net=${typeof place === 'string' ? place : paths.container(place.id).netns}`
  // Where the kernel sees the sockets of containers.
  const {cgroup} = commonCgroup()
  return typeof place === 'string' || cgroup === undefined
    ? ['nsenter', net]
    : ['sh', '-c', `echo $$ > ${cgroup}/cgroup.procs && exec "$@"`, 'sh', 'nsenter', net]
}

export function run(place: Place, ...command: string[]): string {
  const [file = '', ...args] = [...enter(place), ...command]
  return execFileSync(file, args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 10_000})
}

const server = `
const [name, port] = process.argv.slice(1)
const reply = from => name + ' to ' + from
require('node:net').createServer(c => c.end(reply(c.remoteAddress))).listen(+port, '0.0.0.0', () => {
  const udp = require('node:dgram').createSocket('udp4')
  udp.on('message', (_, c) => udp.send(reply(c.address), c.port, c.address))
  udp.bind(+port, '0.0.0.0', () => console.log('ready'))
})`

/** A program that says its name, and who asked, by TCP and UDP. */
export async function serve(place: Place, name: string, number: number): Promise<AsyncDisposable & {pid: number}> {
  const [file = '', ...args] = [...enter(place), process.execPath, '-e', server, name, String(number)]
  const child: ChildProcess = spawn(file, args, {stdio: ['ignore', 'pipe', 'inherit']})
  await once(child.stdout!, 'data')
  return {
    pid: child.pid!,
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

const client = `
const [protocol, host, port, count] = process.argv.slice(1)
const say = text => console.log(text)
const patience = 1500
async function tcp() {
  return new Promise(resolve => {
    let text = ''
    const c = require('node:net').connect({host, port: +port})
    c.setTimeout(patience, () => { resolve('timeout'); c.destroy() })
    c.on('data', part => text += part)
    c.on('end', () => resolve(text))
    c.on('error', e => resolve(e.code))
  })
}
async function udp() {
  const c = require('node:dgram').createSocket(host.includes(':') ? 'udp6' : 'udp4')
  return new Promise(resolve => {
    setTimeout(() => resolve('timeout'), patience).unref()
    c.on('message', m => resolve(String(m)))
    c.on('error', e => resolve(e.code))
    c.send('?', +port, host)
  }).finally(() => c.close())
}
;(async () => { for (let i = 0; i < +count; i++) say(await (protocol === 'tcp' ? tcp() : udp())) })()`

const start = promisify(execFile)

/** Not in the way of this process's own relays and servers. */
export async function ask(place: Place, address: string, {protocol = 'tcp', count = 1} = {}): Promise<string[]> {
  const at = address.lastIndexOf(':')
  const [host, number] = [address.slice(0, at), address.slice(at + 1)]
  const words = [...enter(place), process.execPath, '-e', client, protocol, host, number, String(count)]
  const {stdout} = await start(words[0]!, words.slice(1), {timeout: 20_000})
  return stdout.trim().split('\n')
}

/** Another machine, one hop away: `198.51.100.2`; ours is `198.51.100.1`. */
export async function outside(): Promise<AsyncDisposable & {netns: string; host: string; address: string}> {
  const netns = '/run/outside-machine'
  await native().createNetns({path: netns})
  run('host', 'ip', 'link', 'add', 'out0', 'type', 'veth', 'peer', 'name', 'out1')
  run('host', 'ip', 'link', 'set', 'out1', 'netns', netns)
  run('host', 'ip', 'address', 'add', '198.51.100.1/24', 'dev', 'out0')
  run('host', 'ip', 'link', 'set', 'out0', 'up')
  run(netns, 'ip', 'address', 'add', '198.51.100.2/24', 'dev', 'out1')
  run(netns, 'ip', 'link', 'set', 'out1', 'up')
  return {
    netns,
    host: '198.51.100.1',
    address: '198.51.100.2',
    async [Symbol.asyncDispose]() {
      await native().deleteLink({name: 'out0'})
      await native().deleteNetns({paths: [netns]})
    },
  }
}
