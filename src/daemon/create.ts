import {randomBytes} from 'node:crypto'
import {mkdir, stat} from 'node:fs/promises'
import {StackError} from '../base/error.ts'
import {isFor} from '../base/platform.ts'
import type {ContainerRecord, MountRecord} from '../model/container.ts'
import type {Image} from '../model/image.ts'
import {checkSecurity} from '../runtime/container/security.ts'
import type {Daemon} from './context.ts'
import {findContainer, findImage} from './find.ts'
import {checkLinks} from './links.ts'
import {sharedNamespaces} from './sharing.ts'
import {attributesOf} from './supervise.ts'
import type {CreateBody} from './translate/bodies.ts'
import {wanted} from './translate/create.ts'
import {type Borrowed, borrowedMounts, type WantedMount, wantedMounts} from './translate/mounts.ts'

const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/

export type Created = {readonly record: ContainerRecord; readonly warnings: readonly string[]}

/** Makes the record of a new container, its volumes and bind sources with it. */
export async function createContainer(
  daemon: Daemon,
  asked: string | undefined,
  body: CreateBody,
  platform?: string,
): Promise<Created> {
  const {runtime} = daemon
  const id = randomBytes(32).toString('hex')
  const name = freeName(daemon, asked ?? `stack_${id.slice(0, 12)}`)
  if (!body.Image) throw new StackError('bad-request', 'no image specified')
  const image = findImage(runtime, body.Image)
  checkPlatform(body.Image, image, platform)
  const {config, host, endpoints} = wanted(id, body, image)
  for (const {network} of endpoints) await networkOf(daemon, network)
  checkLinks(runtime, endpoints, config.labels)
  const networkMode = host.networkMode.startsWith('container:')
    ? (`container:${findContainer(runtime, host.networkMode.slice('container:'.length)).id}` as const)
    : host.networkMode
  const shared = sharedNamespaces(host, body.Hostname, name => findContainer(runtime, name))
  checkSecurity(host.securityOpt)
  const mounts: MountRecord[] = []
  for (const mount of wantedMounts(body, image.config.volumes, borrowedFrom(daemon, host.volumesFrom)))
    mounts.push(await resolveMount(daemon, mount))
  const files = body.StackFiles ?? []
  mounts.push(
    ...files.map(
      (file, index) =>
        ({type: 'file', index, target: file.Target, uid: file.Uid, gid: file.Gid, mode: file.Mode}) as const,
    ),
  )
  const record: ContainerRecord = {
    id,
    name,
    created: Date.now(),
    image: body.Image,
    imageId: image.id,
    config: {...config, ...shared.config},
    host: {...host, ...shared.host, networkMode},
    endpoints,
    mounts,
  }
  freeName(daemon, name)
  const warnings = await runtime.containers.create(
    record,
    files.map(file => Buffer.from(file.Content, 'base64')),
  )
  daemon.events.tell('container', 'create', id, attributesOf(record))
  return {record, warnings}
}

function checkPlatform(name: string, {architecture}: Image, wanted: string | undefined): void {
  const actual = `linux/${architecture}`
  if (isFor(actual, wanted)) return
  const what = `was found but does not match the specified platform: wanted ${wanted}, actual: ${actual}`
  throw new StackError('image-not-found', `image with reference ${name} ${what}`, {
    hint: `stack image pull --platform ${wanted} ${name}`,
  })
}

function borrowedFrom({runtime}: Daemon, sources: readonly string[] = []): Borrowed[] {
  return sources.flatMap(text => {
    const [name = '', mode = 'rw'] = text.split(':')
    if (mode !== 'ro' && mode !== 'rw')
      throw new StackError('bad-request', `volumes from "${text}": not CONTAINER:ro|rw`)
    return borrowedMounts(findContainer(runtime, name).mounts, mode === 'ro')
  })
}

export function freeName(daemon: Daemon, asked: string): string {
  const name = asked.replace(/^\//, '')
  if (!namePattern.test(name)) {
    throw new StackError('bad-request', `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`)
  }
  const holder = daemon.runtime.containers.named(name)
  if (holder) {
    throw new StackError(
      'conflict',
      `Conflict. The container name "/${name}" is already in use by container "${holder.id}". You have to remove (or rename) that container to be able to reuse that name.`,
    )
  }
  return name
}

/** Docker's default network is there when first used, and goes with the last that uses it. */
async function networkOf(daemon: Daemon, name: string): Promise<void> {
  if (daemon.runtime.networks.find(name)) return
  if (name !== 'bridge') throw new StackError('not-found', `network ${name} not found`)
  await daemon.runtime.networks.create({
    name,
    driver: 'bridge',
    options: {},
    internal: false,
    attachable: false,
    enableIpv6: false,
    labels: {},
  })
}

async function resolveMount(daemon: Daemon, mount: WantedMount): Promise<MountRecord> {
  if (mount.type === 'tmpfs') return mount
  if (mount.type === 'bind') {
    const {create, ...bind} = mount
    await bindSource(bind.source, create)
    return bind
  }
  const {name, labels: own, ...volume} = mount
  const anonymous = name === undefined
  const real = name ?? randomBytes(32).toString('hex')
  if (daemon.runtime.volumes.find(real) === undefined) {
    const labels: Record<string, string> = {...own, ...(anonymous ? {'com.docker.volume.anonymous': ''} : {})}
    await daemon.runtime.volumes.create({name: real, driver: 'local', options: {}, labels})
    daemon.events.tell('volume', 'create', real, {driver: 'local'})
  }
  return {...volume, name: real, anonymous}
}

async function bindSource(source: string, create: boolean): Promise<void> {
  const there = await stat(source).then(
    () => true,
    () => false,
  )
  if (there) return
  if (!create)
    throw new StackError(
      'bad-request',
      `invalid mount config for type "bind": bind source path does not exist: ${source}`,
    )
  await mkdir(source, {recursive: true})
}
