import {StackError} from '../../base/error.ts'
import {version} from '../../version.ts'
import type {
  Actual,
  ActualContainer,
  ActualNetwork,
  ActualVolume,
  BuildSpec,
  ContainerSpec,
  ContainerStatus,
  Engine,
  EngineEvent,
  ExecSpec,
  FileChange,
  HealthStatus,
  ImageFacts,
  LogChunk,
  LogOptions,
  NetworkSpec,
  Streams,
  Usage,
  VolumeSpec,
} from '../engine.ts'
import {label} from '../labels.ts'
import {type MemoryContainer, observed} from './container.ts'
import {MemoryEvents} from './events.ts'
import {readLog} from './log.ts'
import {type MemoryOptions, tinyProgram} from './program.ts'
import {grown, mountVolumes, noImage, publishPorts} from './resources.ts'

/** An engine without a kernel: what is asked of it is kept and shown, programs are a function. For tests. */
export class MemoryEngine implements Engine {
  readonly name = 'memory'
  readonly capabilities = {sharedPorts: true}
  readonly images = new Map<string, ImageFacts>()
  readonly #containers = new Map<string, MemoryContainer>()
  readonly #networks = new Map<string, ActualNetwork>()
  readonly #volumes = new Map<string, ActualVolume>()
  readonly #events = new MemoryEvents()
  readonly #options: Required<MemoryOptions>
  #count = 0

  constructor(options: MemoryOptions = {}) {
    this.#options = {now: () => 0, program: tinyProgram, unknownImages: [], ...options}
  }

  async version() {
    return {version, apiVersion: '1.44'}
  }

  async observe(project: string): Promise<Actual> {
    const containers = (await this.observeAll()).filter(({labels}) => labels[label.project] === project)
    return {containers, networks: [...this.#networks.values()], volumes: [...this.#volumes.values()]}
  }

  async observeAll(): Promise<readonly ActualContainer[]> {
    return [...this.#containers.values()].map(observed)
  }

  async ensureImage(reference: string, policy: 'always' | 'never' | 'missing'): Promise<ImageFacts> {
    const present = this.images.get(reference)
    if (present !== undefined) return policy === 'always' ? this.#checked(present) : present
    if (policy === 'never' || this.#options.unknownImages.includes(reference)) throw noImage(reference)
    return this.#checked({id: `sha256:${grown('a', this.images.size)}`, reference, hasHealthcheck: false})
  }

  #checked(facts: ImageFacts): ImageFacts {
    const checked = {...facts, checkedAt: this.#options.now()}
    this.images.set(facts.reference, checked)
    return checked
  }

  async findImage(reference: string): Promise<ImageFacts | undefined> {
    return this.images.get(reference)
  }

  async buildImage({name, tags}: BuildSpec): Promise<ImageFacts> {
    const id = `sha256:${grown('e', ++this.#count)}`
    for (const reference of tags) this.#checked({id, reference, hasHealthcheck: false})
    return this.#checked({id, reference: name, hasHealthcheck: false})
  }

  async removeImage(reference: string): Promise<void> {
    const user = [...this.#containers.values()].find(({spec}) => spec.image === reference)
    if (user !== undefined) throw new StackError('conflict', `image ${reference} is in use by ${user.name}`)
    this.images.delete(reference)
  }

  async createNetwork({name, labels}: NetworkSpec): Promise<void> {
    if (this.#network(name) !== undefined) throw new StackError('conflict', `network with name ${name} already exists`)
    const id = grown('b', ++this.#count)
    this.#networks.set(id, {id, name, labels})
  }

  async removeNetwork(id: string): Promise<void> {
    const network = this.#network(id)
    if (network === undefined) return
    // One that never ran is not on it yet.
    const users = [...this.#containers.values()].filter(({startedAt}) => startedAt !== undefined)
    const user = users.find(({spec}) => spec.networks.some(({name}) => name === network.name))
    if (user !== undefined) throw new StackError('conflict', `network ${network.name} is in use by ${user.name}`)
    this.#networks.delete(network.id)
  }

  async networkUsers(id: string) {
    const network = this.#network(id)
    return [...this.#containers.values()].filter(({spec}) => spec.networks.some(({name}) => name === network?.name))
  }

  async createVolume({name, labels}: VolumeSpec): Promise<void> {
    if (!this.#volumes.has(name)) this.#volumes.set(name, {name, labels})
  }

  async removeVolume(name: string): Promise<void> {
    const user = [...this.#containers.values()].find(({volumes}) => Object.values(volumes).includes(name))
    if (user !== undefined) throw new StackError('conflict', `volume ${name} is in use by ${user.name}`)
    this.#volumes.delete(name)
  }

  async volumeUsers(name: string) {
    return [...this.#containers.values()].filter(({volumes}) => Object.values(volumes).includes(name))
  }

  async createContainer(spec: ContainerSpec): Promise<string> {
    const image = this.images.get(spec.image)
    if (image === undefined) throw noImage(spec.image)
    this.#checkName(spec.name)
    for (const {name} of spec.networks) {
      if (this.#network(name) === undefined) throw new StackError('not-found', `network ${name} not found`)
    }
    for (const mode of [spec.networkMode, spec.pidMode, spec.ipcMode, spec.utsMode]) {
      if (mode?.startsWith('container:')) this.#get(mode.slice('container:'.length))
    }
    const id = grown('c', ++this.#count)
    const {volumes, anonymous} = mountVolumes(spec, this.#volumes, () => grown('d', ++this.#count))
    const container: MemoryContainer = {
      ...{id, spec, volumes, anonymous, imageId: image.id, name: spec.name, created: this.#options.now()},
      ...{status: 'created', health: 'none', exitCode: 0, output: '', ports: [], files: new Map()},
    }
    this.#containers.set(id, container)
    this.#tell(container, 'create')
    return id
  }

  async startContainer(id: string): Promise<void> {
    const container = this.#get(id)
    if (container.status === 'running') return
    const {spec} = container
    const outcome = this.#options.program([...(spec.entrypoint ?? []), ...(spec.command ?? [])])
    if (outcome.exitCode === 127)
      throw new StackError('program-not-found', `${spec.command?.[0]}: not found`, {exitCode: 127})
    container.ports = publishPorts(container, [...this.#containers.values()], () => 49_152 + ++this.#count)
    container.status = 'running'
    container.startedAt = this.#options.now()
    container.output += outcome.output ?? ''
    const test = spec.healthcheck?.disable === false ? spec.healthcheck.test : undefined
    container.health = test === undefined ? 'none' : 'starting'
    this.#tell(container, 'start')
    // As with a kernel: the end and the first probe come after the start has been answered.
    if (outcome.exitCode !== undefined) setImmediate(() => this.exit(id, outcome.exitCode!))
    else if (test !== undefined)
      setImmediate(() => this.probed(id, this.#options.program(test.slice(1)).exitCode === 0 ? 'healthy' : 'unhealthy'))
  }

  /** The program of a container ends. */
  exit(id: string, exitCode: number): void {
    const container = this.#containers.get(id)
    if (container === undefined || (container.status !== 'running' && container.status !== 'paused')) return
    Object.assign(container, {status: 'exited', health: 'none', exitCode, finishedAt: this.#options.now()})
    this.#tell(container, 'die', {exitCode})
  }

  /** A health check has come to a verdict. */
  probed(id: string, health: HealthStatus): void {
    const container = this.#containers.get(id)
    if (container?.status !== 'running') return
    container.health = health
    this.#tell(container, 'health_status', {health})
  }

  async stopContainer(id: string): Promise<void> {
    this.exit(this.#get(id).id, 143)
    this.#tell(this.#get(id), 'stop')
  }

  async killContainer(id: string, signal: string): Promise<void> {
    const container = this.#get(id)
    if (container.status !== 'running' && container.status !== 'paused')
      throw new StackError('conflict', `container ${container.name} is not running`)
    this.#tell(container, 'kill')
    if (signal === 'SIGKILL') this.exit(container.id, 137)
  }

  async removeContainer(id: string, {force, volumes}: {force?: boolean; volumes?: boolean}): Promise<void> {
    const container = this.#find(id)
    if (container === undefined) return
    if (force) this.exit(container.id, 137)
    if (container.status === 'running' || container.status === 'paused')
      throw new StackError('conflict', `container ${container.name} is running`)
    this.#containers.delete(container.id)
    if (volumes) for (const name of container.anonymous) this.#volumes.delete(name)
    this.#tell(container, 'destroy')
  }

  async renameContainer(id: string, name: string): Promise<void> {
    const container = this.#get(id)
    this.#checkName(name)
    container.name = name
    this.#tell(container, 'rename')
  }

  async pauseContainer(id: string): Promise<void> {
    this.#turn(id, {from: 'running', to: 'paused', action: 'pause'})
  }

  async unpauseContainer(id: string): Promise<void> {
    this.#turn(id, {from: 'paused', to: 'running', action: 'unpause'})
  }

  async processes(id: string) {
    return {titles: ['PID', 'CMD'], rows: [['1', observed(this.#get(id)).command]]}
  }

  async usage(id: string): Promise<Usage> {
    this.#get(id)
    return {at: this.#options.now(), cpu: 0, memory: 0, memoryLimit: 0, received: 0, sent: 0}
  }

  changeFiles(ids: readonly string[], changes: readonly FileChange[]) {
    return Promise.allSettled(ids.map(id => this.#changeFiles(id, changes)))
  }

  async #changeFiles(id: string, changes: readonly FileChange[]): Promise<void> {
    const {files} = this.#get(id)
    for (const change of changes) {
      for (const path of [...files.keys()]) if (`${path}/`.startsWith(`${change.path}/`)) files.delete(path)
      if (change.kind !== 'gone') files.set(change.path, change)
    }
  }

  filesOf(id: string): ReadonlyMap<string, Exclude<FileChange, {kind: 'gone'}>> {
    return this.#get(id).files
  }

  async inspectContainer(id: string): Promise<ActualContainer | undefined> {
    const container = this.#find(id)
    return container === undefined ? undefined : observed(container)
  }

  events(project: string, signal: AbortSignal): AsyncIterable<EngineEvent> {
    return this.#events.listen(project, signal)
  }

  logs(id: string, options: LogOptions): AsyncIterable<LogChunk> {
    const container = this.#get(id)
    return readLog(container, options, signal => this.events(container.spec.labels[label.project] ?? '', signal))
  }

  async exec(id: string, {command}: ExecSpec, {stdout}: Streams): Promise<number> {
    const container = this.#get(id)
    if (container.status !== 'running') throw new StackError('conflict', `container ${container.name} is not running`)
    const {exitCode = 0, output = ''} = this.#options.program(command)
    if (output !== '') stdout.write(output)
    return exitCode
  }

  async close(): Promise<void> {}

  #tell(container: MemoryContainer, action: string, more: Partial<EngineEvent> = {}): void {
    const {service, number} = observed(container)
    const event = {
      action,
      container: container.id,
      name: container.name,
      service,
      number,
      at: this.#options.now(),
      ...more,
    }
    this.#events.tell(container.spec.labels[label.project] ?? '', event)
  }

  #turn(id: string, {from, to, action}: {from: ContainerStatus; to: ContainerStatus; action: string}): void {
    const container = this.#get(id)
    if (container.status !== from) throw new StackError('conflict', `container ${container.name} is not ${from}`)
    container.status = to
    this.#tell(container, action)
  }

  #find(idOrName: string): MemoryContainer | undefined {
    return this.#containers.get(idOrName) ?? [...this.#containers.values()].find(({name}) => name === idOrName)
  }

  #get(idOrName: string): MemoryContainer {
    const found = this.#find(idOrName)
    if (found === undefined) throw new StackError('not-found', `no such container: ${idOrName}`)
    return found
  }

  #network(nameOrId: string): ActualNetwork | undefined {
    return this.#networks.get(nameOrId) ?? [...this.#networks.values()].find(({name}) => name === nameOrId)
  }

  #checkName(name: string): void {
    if ([...this.#containers.values()].some(each => each.name === name))
      throw new StackError('conflict', `the container name "${name}" is already in use`)
  }
}
