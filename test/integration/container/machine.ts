import {execFileSync} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {describe as chain} from '../../../src/base/error.ts'
import type {ContainerRecord, ExitRecord} from '../../../src/model/container.ts'
import type {Image} from '../../../src/model/image.ts'
import {native} from '../../../src/native/binding.ts'
import {type ContainerRuntime, openContainers} from '../../../src/runtime/open.ts'
import {type Paths, pathsOf} from '../../../src/runtime/paths.ts'
import type {Images, Networks} from '../../../src/runtime/runtime.ts'
import {record} from '../../unit/runtime/container/record.ts'

/**
 * A host of its own for one test: containers of a busybox image, with real namespaces, cgroups, mounts and monitors.
 * Images and networks are the least that works, so that a failure here is the containers'.
 */
export class Machine {
  readonly paths: Paths
  readonly image: Image
  readonly warnings: string[] = []
  readonly exits: Array<{id: string; exit: ExitRecord}> = []
  readonly #base: string
  readonly #networks: Networks
  #runtime: ContainerRuntime

  private constructor(makeNetworks: (paths: Paths) => Networks, image?: Image) {
    const name = `t${randomBytes(3).toString('hex')}`
    this.#base = join('/var/lib/stack', name)
    this.paths = pathsOf({state: join(this.#base, 'state'), run: join('/run/stack', name)})
    this.image = image ?? busyboxImage(join(this.#base, 'image'))
    this.#networks = makeNetworks(this.paths)
    this.#runtime = this.#open()
  }

  static async start(makeNetworks = loopbackNetworks, image?: Image): Promise<Machine> {
    const machine = new Machine(makeNetworks, image)
    await machine.load()
    return machine
  }

  get containers() {
    return this.#runtime.containers
  }
  get networks() {
    return this.#networks
  }
  get volumes() {
    return this.#runtime.volumes
  }

  async load(): Promise<void> {
    await this.#runtime.volumes.load()
    await this.#networks.load()
    await this.#runtime.containers.load()
  }

  /** What a new daemon does after the old one is gone: containers run on meanwhile. */
  async crash(): Promise<void> {
    await this.containers.close()
    this.#runtime = this.#open()
  }

  /** Creates a container that runs a shell line. */
  /** What its creator was told, by id. */
  readonly told = new Map<string, readonly string[]>()

  async create(script: string, changes: Parameters<typeof record>[0] = {}, files: Uint8Array[] = []): Promise<string> {
    const id = randomBytes(32).toString('hex')
    const config = {entrypoint: ['/bin/sh', '-c'], cmd: [script], ...changes.config}
    const container: ContainerRecord = record({...changes, id, imageId: this.image.id, config})
    this.told.set(id, await this.containers.create(container, files))
    return id
  }

  async run(script: string, changes: Parameters<typeof record>[0] = {}, files: Uint8Array[] = []): Promise<string> {
    const id = await this.create(script, changes, files)
    await this.containers.start(id)
    return id
  }

  /** What it prints, once it has ended. */
  async output(script: string, changes: Parameters<typeof record>[0] = {}, files: Uint8Array[] = []): Promise<string> {
    const id = await this.run(script, changes, files)
    await this.ended(id)
    return this.log(id)
  }

  async lines(...parameters: Parameters<Machine['output']>): Promise<string[]> {
    return (await this.output(...parameters)).trimEnd().split('\n')
  }

  async log(id: string): Promise<string> {
    let text = ''
    for await (const entry of this.containers.logs(id, {follow: false, stdout: true, stderr: true})) text += entry.text
    return text
  }

  /** Prints of a running container: waits until the text is there. */
  async prints(id: string, wanted: string): Promise<void> {
    await eventually(async () => (await this.log(id)).includes(wanted), `container prints "${wanted}"`)
  }

  async ended(id: string): Promise<ExitRecord> {
    await eventually(() => this.exits.some(each => each.id === id), 'container ends')
    return this.exits.findLast(each => each.id === id)!.exit
  }

  /** Output and exit code of a program that joins. */
  async exec(id: string, command: string[], changes: Partial<Parameters<Machine['containers']['exec']>[1]> = {}) {
    const stream = await this.containers.exec(id, {
      command,
      env: [],
      user: '',
      workingDir: '',
      tty: false,
      stdin: false,
      privileged: false,
      ...changes,
    })
    const chunks: Buffer[] = []
    for await (const chunk of stream.io) chunks.push(chunk as Buffer)
    const {code} = await stream.exited
    const bytes = Buffer.concat(chunks)
    return {code, ...(changes.tty ? {stdout: bytes.toString(), stderr: ''} : frames(bytes))}
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const {id} of this.containers.list()) {
      const {status} = this.containers.state(id)
      if (status === 'paused') await this.containers.resume(id)
      if (status === 'running' || status === 'paused') await this.containers.stop(id, {signal: 9, grace: 0})
      await this.containers.remove(id, {volumes: true})
    }
    for (const {id} of this.#networks.list()) await this.#networks.remove(id)
    await this.#networks.close()
    await this.containers.close()
    rmSync(this.#base, {recursive: true, force: true})
    rmSync(this.paths.run, {recursive: true, force: true})
  }

  #open(): ContainerRuntime {
    const runtime = openContainers(this.paths, {
      images: onlyImage(this.image),
      networks: this.#networks,
      warn: (doing, error) => this.warnings.push(`${doing}: ${chain(error)}`),
    })
    runtime.containers.onExit((id, exit) => this.exits.push({id, exit}))
    return runtime
  }
}

/** Polls; a condition that does not come true within 10 s is a failure with a name. */
export async function eventually(condition: () => unknown, what: string): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

/** Docker's framing taken apart. */
function frames(bytes: Buffer): {stdout: string; stderr: string} {
  const out = {stdout: '', stderr: ''}
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at + 4)
    out[bytes[at] === 2 ? 'stderr' : 'stdout'] += bytes.toString('utf8', at + 8, at + 8 + length)
    at += 8 + length
  }
  return out
}

function busyboxImage(root: string): Image {
  for (const name of ['bin', 'etc', 'proc', 'sys', 'dev', 'tmp', 'root', 'seed/inner']) {
    mkdirSync(join(root, name), {recursive: true})
  }
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'))
  for (const name of execFileSync('/bin/busybox', ['--list'], {encoding: 'utf8'}).split('\n').filter(Boolean)) {
    if (name !== 'busybox') symlinkSync('busybox', join(root, 'bin', name))
  }
  chmodSync(join(root, 'tmp'), 0o1777)
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\nweb:x:33:34::/var/www:/bin/sh\n')
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nwww:x:34:\nextra:x:50:web\n')
  writeFileSync(join(root, 'seed/file'), 'seeded')
  chmodSync(join(root, 'seed/file'), 0o640)
  symlinkSync('file', join(root, 'seed/link'))
  writeFileSync(join(root, 'seed/inner/deep'), 'deep')
  writeFileSync(join(root, 'bin/not-a-program'), 'text', {mode: 0o755})
  const config = {user: '', env: [], entrypoint: [], cmd: [], workingDir: '', volumes: [], exposedPorts: [], labels: {}}
  return {
    id: `sha256:${'b'.repeat(64)}`,
    references: ['busybox'],
    layers: [root],
    overlays: [],
    config: {...config, stopSignal: ''},
    created: 0,
    size: 0,
    architecture: 'amd64',
  }
}

const never = () => Promise.reject(new Error('not in this fixture'))

const onlyImage = (image: Image): Images => ({
  load: async () => undefined,
  list: () => [image],
  find: reference => (reference === image.id || image.references.includes(reference) ? image : undefined),
  pull: never,
  push: never,
  remove: never,
  tag: never,
  import: never,
  export: () => {
    throw new Error('not in this fixture')
  },
  usage: never,
  prune: never,
})

/** A pinned namespace with lo, and nothing else. */
function loopbackNetworks(paths: Paths): Networks {
  return {
    load: async () => undefined,
    list: () => [],
    find: () => undefined,
    create: never,
    remove: never,
    async attach({id}) {
      const {netns} = paths.container(id)
      mkdirSync(dirname(netns), {recursive: true})
      if (!isMounted(netns)) {
        await native().createNetns({path: netns})
      }
      return []
    },
    publish: never,
    setReady: async () => undefined,
    serve: async () => undefined,
    withdraw: async () => undefined,
    takenPorts: () => Promise.resolve([]),
    hasOthers: () => false,
    unpublish: async () => undefined,
    async detach(id) {
      const {netns} = paths.container(id)
      if (isMounted(netns)) await native().deleteNetns({paths: [netns]})
    },
    endpoints: () => [],
    published: () => [],
    resolvConf: async () => 'nameserver 127.0.0.1\n',
    hosts: ({config}) => `127.0.0.1 localhost ${config.hostname}\n`,
    names: {
      at: () => undefined,
      find: () => [],
      of: () => undefined,
      services: () => [],
      serviceAt: () => undefined,
    },
    onChange: () => undefined,
    redirectDns: async () => undefined,
    close: async () => undefined,
  }
}

const isMounted = (path: string): boolean => readFileSync('/proc/self/mounts', 'utf8').includes(` ${path} `)
