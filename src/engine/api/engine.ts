import {StackError} from '../../base/error.ts'
import {isFor} from '../../base/platform.ts'
import {slots} from '../../base/slots.ts'
import type {PortQuestion, TakenPort} from '../../model/port.ts'
import {type Login, nobody} from '../../registry/credentials.ts'
import {configHeader, headerFor} from '../../registry/header.ts'
import type {
  Actual,
  ActualContainer,
  BuildOptions,
  BuildSpec,
  ContainerSpec,
  Engine,
  EngineCapabilities,
  EngineEvent,
  ExecSpec,
  FileChange,
  ImageFacts,
  LogChunk,
  LogOptions,
  NetworkSpec,
  Streams,
  Usage,
  VolumeSpec,
} from '../engine.ts'
import type {ImageLibrary} from '../images.ts'
import {label} from '../labels.ts'
import type {Upkeep} from '../upkeep.ts'
import {fromInspect, fromList} from './actual.ts'
import {batching, type Send} from './batch.ts'
import {buildImage} from './build.ts'
import type {Call, Client, ContainerInfo, Docker} from './client.ts'
import {create} from './create.ts'
import {projectEvents} from './events.ts'
import {runExec} from './exec.ts'
import {changeFiles} from './files.ts'
import {findImage, pullImage} from './images.ts'
import {imageLibrary} from './library.ts'
import {demultiplex, unframed, untilAborted} from './streams.ts'
import {upkeepOf} from './upkeep.ts'
import {readUsage} from './usage.ts'

/** What our own engine says of itself; others have no such page. */
export type StackInfo = {
  readonly version: string
  readonly capabilities: EngineCapabilities
  /** It takes several requests as one. */
  readonly batches?: boolean
}

/** Containers that are made, and that are started, at a time: an engine gains nothing by more, and they need memory. */
const atOnce = 64

/** An engine that speaks the Engine API: ours, Docker, Podman. */
export class ApiEngine implements Engine {
  readonly name: string
  readonly capabilities: EngineCapabilities
  readonly library: ImageLibrary
  readonly upkeep: Upkeep
  readonly #client: Client
  readonly #login: Login
  readonly #isOurs: boolean
  readonly #send: Send
  readonly #creating = slots(atOnce)
  readonly #starting = slots(atOnce)

  constructor(client: Client, info: StackInfo | undefined, login: Login = nobody) {
    this.#client = client
    this.#login = login
    this.#isOurs = info !== undefined
    this.#send = info?.batches === true ? batching(client) : call => client.call(call)
    this.name = info === undefined ? `docker at ${client.name}` : 'stack'
    this.library = imageLibrary(client, login.credentials)
    this.upkeep = upkeepOf(client)
    this.capabilities = info?.capabilities ?? {sharedPorts: false}
  }

  async version() {
    const {Version, ApiVersion} = await this.#client.ask(docker => docker.version())
    return {version: Version, apiVersion: ApiVersion}
  }

  async observe(project: string): Promise<Actual> {
    const [containers, networks, volumes] = await Promise.all([
      this.#list(`${label.project}=${project}`),
      this.#send<Docker.NetworkInspectInfo[]>({method: 'GET', path: '/networks'}),
      this.#send<{readonly Volumes: Docker.VolumeInspectInfo[] | null}>({method: 'GET', path: '/volumes'}),
    ])
    return {
      containers,
      networks: networks.map(({Id, Name, Labels}) => ({id: Id, name: Name, labels: Labels ?? {}})),
      volumes: (volumes.Volumes ?? []).map(({Name, Labels}) => ({name: Name, labels: Labels ?? {}})),
    }
  }

  observeAll(): Promise<readonly ActualContainer[]> {
    return this.#list(label.project)
  }

  async #list(wanted: string): Promise<ActualContainer[]> {
    const query = {all: true, filters: JSON.stringify({label: [wanted]})}
    const all = await this.#send<ContainerInfo[]>({method: 'GET', path: '/containers/json', query})
    const now = Date.now()
    return all.map(info => fromList(info, now))
  }

  async ensureImage(
    reference: string,
    policy: 'always' | 'never' | 'missing',
    progress = (_: string) => {},
    platform?: string,
  ): Promise<ImageFacts> {
    const present = policy === 'always' ? undefined : await this.findImage(reference)
    if (present !== undefined && isFor(present.platform, platform)) return present
    if (policy === 'never') {
      const what = present === undefined ? 'not here' : `here for ${present.platform}, not for ${platform}`
      throw new StackError('image-not-found', `image "${reference}" is ${what}, and it is not to be fetched`)
    }
    if (!this.#isOurs && reference.includes('://')) {
      throw new StackError('unsupported', `${this.name} knows no image "${reference}"`, {
        hint: 'run this with the engine of stack itself',
      })
    }
    await pullImage(this.#client, reference, {
      progress,
      platform,
      auth: await headerFor(reference, this.#login.credentials),
    })
    const fetched = await this.findImage(reference)
    if (fetched === undefined)
      throw new StackError('image-failed', `image "${reference}" is not there after it was fetched`)
    return fetched
  }

  findImage(reference: string): Promise<ImageFacts | undefined> {
    return findImage(this.#send, reference)
  }

  async buildImage(spec: BuildSpec, options: BuildOptions): Promise<ImageFacts> {
    if (!this.#isOurs) {
      throw new StackError('unsupported', `${this.name} is not asked to build`, {
        hint: 'build with its own tools, or run this with the engine of stack itself',
      })
    }
    await buildImage(this.#client, spec, {...options, registryConfig: await configHeader(this.#login)})
    const built = await this.findImage(spec.name)
    if (built === undefined) throw new StackError('image-failed', `image "${spec.name}" is not there after its build`)
    return built
  }

  removeImage(reference: string): Promise<void> {
    return unlessGone(this.#client.ask(docker => docker.getImage(reference).remove()))
  }

  async createNetwork({
    name,
    driver,
    driverOptions,
    internal,
    attachable,
    enableIpv6,
    ipam,
    labels,
  }: NetworkSpec): Promise<void> {
    const ranges = ipam.map(({subnet, gateway, ipRange, auxAddresses}) => ({
      ...(subnet === undefined ? {} : {Subnet: subnet}),
      ...(gateway === undefined ? {} : {Gateway: gateway}),
      ...(ipRange === undefined ? {} : {IPRange: ipRange}),
      ...(auxAddresses === undefined ? {} : {AuxiliaryAddresses: auxAddresses}),
    }))
    const body = {Name: name, CheckDuplicate: true, Driver: driver, Options: {...driverOptions}, Internal: internal}
    const more = {Attachable: attachable, EnableIPv6: enableIpv6, Labels: {...labels}}
    const IPAM = ranges.length === 0 ? {} : {IPAM: {Driver: 'default', Config: ranges}}
    await this.#client.call({method: 'POST', path: '/networks/create', body: {...body, ...more, ...IPAM}})
  }

  removeNetwork(id: string): Promise<void> {
    return unlessGone(this.#client.ask(docker => docker.getNetwork(id).remove()))
  }

  async takenPorts({project, leaving, ports}: PortQuestion): Promise<readonly TakenPort[]> {
    if (!this.#isOurs) return []
    return this.#client.call({method: 'POST', path: '/stack/ports', body: {project, leaving, ports}})
  }

  networkUsers(id: string) {
    return this.#users({network: [id]})
  }

  volumeUsers(name: string) {
    return this.#users({volume: [name]})
  }

  async #users(filters: Readonly<Record<string, string[]>>) {
    const all = await this.#client.ask(docker => docker.listContainers({all: true, filters}))
    return all.map(({Id, Names}) => ({id: Id, name: (Names[0] ?? '').replace(/^\//, '')}))
  }

  async createVolume({name, driver, driverOptions, labels}: VolumeSpec): Promise<void> {
    const body = {Name: name, Driver: driver, DriverOpts: driverOptions, Labels: labels}
    await this.#client.call({method: 'POST', path: '/volumes/create', body})
  }

  removeVolume(name: string): Promise<void> {
    return unlessGone(this.#client.ask(docker => docker.getVolume(name).remove()))
  }

  createContainer(spec: ContainerSpec, warn: (text: string) => void = () => {}): Promise<string> {
    return this.#creating(() => create(this.#client, spec, {isOurs: this.#isOurs, send: this.#send, warn}))
  }

  startContainer(id: string): Promise<void> {
    return this.#starting(() => this.#send({method: 'POST', path: `/containers/${id}/start`}))
  }

  stopContainer(id: string, {grace, signal}: {grace?: number; signal?: string}): Promise<void> {
    const t = grace === undefined ? {} : {t: this.#isOurs ? grace / 1000 : Math.ceil(grace / 1000)}
    const query = {...t, ...(signal === undefined ? {} : {signal})}
    return this.#send({method: 'POST', path: `/containers/${id}/stop`, query})
  }

  killContainer(id: string, signal: string): Promise<void> {
    return this.#send({method: 'POST', path: `/containers/${id}/kill`, query: {signal}})
  }

  removeContainer(id: string, {force = false, volumes = false}: {force?: boolean; volumes?: boolean}): Promise<void> {
    return unlessGone(this.#send({method: 'DELETE', path: `/containers/${id}`, query: {force, v: volumes}}))
  }

  async renameContainer(id: string, name: string): Promise<void> {
    await this.#client.ask(docker => docker.getContainer(id).rename({name}))
  }

  async pauseContainer(id: string): Promise<void> {
    await this.#client.ask(docker => docker.getContainer(id).pause())
  }

  async unpauseContainer(id: string): Promise<void> {
    await this.#client.ask(docker => docker.getContainer(id).unpause())
  }

  async processes(id: string) {
    const {Titles, Processes} = await this.#client.ask(docker => docker.getContainer(id).top({ps_args: '-ef'}))
    return {titles: Titles as string[], rows: (Processes ?? []) as string[][]}
  }

  usage(id: string): Promise<Usage> {
    return readUsage(this.#client, id)
  }

  changeFiles(ids: readonly string[], changes: readonly FileChange[]) {
    return changeFiles(this.#client, ids, {changes, isOurs: this.#isOurs})
  }

  async inspectContainer(id: string): Promise<ActualContainer | undefined> {
    try {
      return fromInspect(await this.#client.ask(docker => docker.getContainer(id).inspect()))
    } catch (error) {
      if (error instanceof StackError && error.code === 'not-found') return undefined
      throw error
    }
  }

  events(project: string, signal: AbortSignal): AsyncIterable<EngineEvent> {
    return projectEvents(this.#client, project, signal)
  }

  async *logs(
    id: string,
    {follow = false, tail, since, until, timestamps = false, signal}: LogOptions,
  ): AsyncGenerator<LogChunk> {
    const times = {
      ...(since === undefined ? {} : {since: since / 1000}),
      ...(until === undefined ? {} : {until: until / 1000}),
    }
    const query = {follow, timestamps, stdout: true, stderr: true, tail: tail ?? 'all', ...times}
    yield* untilAborted(this.#read(`/containers/${id}/logs`, query, signal), signal)
  }

  async *#read(path: string, query: Call['query'] & object, signal: AbortSignal | undefined): AsyncGenerator<LogChunk> {
    const answer = await this.#client.stream({method: 'GET', path, query, ...(signal === undefined ? {} : {signal})})
    const isRaw = answer.headers['content-type']?.includes('raw-stream') === true
    yield* isRaw ? unframed(answer) : demultiplex(answer)
  }

  exec(id: string, spec: ExecSpec, streams: Streams): Promise<number> {
    return runExec(this.#client, id, {spec, streams})
  }

  async close(): Promise<void> {}
}

/** What is gone already is as it should be. */
async function unlessGone(asked: Promise<unknown>): Promise<void> {
  try {
    await asked
  } catch (error) {
    const isGone = error instanceof StackError && (error.code === 'not-found' || error.code === 'image-not-found')
    if (!isGone && !isInProgress(error)) throw error
  }
}

/** Another has asked for the removal a moment ago. */
const isInProgress = (error: unknown): boolean =>
  error instanceof StackError && /removal of container .* is already in progress/i.test(error.message)
