import type {ContainerSpec} from '../engine.ts'
import type {Send} from './batch.ts'
import type {Client} from './client.ts'
import {createBody, endpointBody, fileBodies} from './create-body.ts'
import {archiveOf} from './files.ts'

/** The first that takes several networks at once. */
const severalNetworks = 44

export type CreateOptions = {
  readonly isOurs: boolean
  readonly send: Send
  /** Told what the engine cannot do as it was asked. */
  readonly warn: (text: string) => void
}

/** Makes a container; nothing of it is left when it fails. */
export async function create(
  client: Client,
  spec: ContainerSpec,
  {isOurs, send, warn}: CreateOptions,
): Promise<string> {
  if (isOurs) return post(send, spec, {body: ownBody(spec), warn})
  const [first, ...others] = spec.networks
  const isOld = others.length > 0 && (await minorVersion(client)) < severalNetworks
  const body = createBody(withApiSocket(isOld && first !== undefined ? {...spec, networks: [first]} : spec))
  const id = await post(send, spec, {body, warn})
  try {
    if (isOld) await connect(client, id, others)
    if (spec.files.length > 0) {
      const archive = await archiveOf(spec.files)
      await client.ask(docker => docker.getContainer(id).putArchive(archive, {path: '/'}))
    }
  } catch (error) {
    await client.ask(docker => docker.getContainer(id).remove({force: true, v: true})).catch(() => {})
    throw error
  }
  return id
}

/** With what only our own engine understands. */
function ownBody(spec: ContainerSpec) {
  const body = createBody(spec, {isOurs: true})
  return {
    ...body,
    ...(spec.files.length === 0 ? {} : {StackFiles: fileBodies(spec)}),
    ...(spec.useApiSocket ? {HostConfig: {...body.HostConfig, StackApiSocket: true}} : {}),
  }
}

const dockerSocket = '/var/run/docker.sock'

/** As docker compose has it: the socket where Docker has it, on the engine's own machine. */
function withApiSocket(spec: ContainerSpec): ContainerSpec {
  if (!spec.useApiSocket) return spec
  const mount = {
    type: 'bind',
    source: dockerSocket,
    target: dockerSocket,
    readOnly: false,
    createHostPath: false,
  } as const
  return {...spec, mounts: [...spec.mounts, mount]}
}

type Posting = {readonly body: unknown; readonly warn: CreateOptions['warn']}

async function post(send: Send, {name, platform}: ContainerSpec, {body, warn}: Posting): Promise<string> {
  const {Id, Warnings} = await send<{readonly Id: string; readonly Warnings: readonly string[] | null}>({
    method: 'POST',
    path: '/containers/create',
    query: {name, ...(platform === undefined ? {} : {platform})},
    body,
  })
  Warnings?.forEach(warn)
  return Id
}

async function minorVersion(client: Client): Promise<number> {
  const {ApiVersion} = await client.ask(docker => docker.version())
  return Number(ApiVersion.split('.')[1] ?? 0)
}

async function connect(client: Client, id: string, networks: ContainerSpec['networks']): Promise<void> {
  for (const network of networks) {
    const body = {Container: id, EndpointConfig: endpointBody(network)}
    await client.call({method: 'POST', path: `/networks/${encodeURIComponent(network.name)}/connect`, body})
  }
}
