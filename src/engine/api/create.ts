import type {ContainerSpec} from '../engine.ts'
import type {Client} from './client.ts'
import {createBody, endpointBody, fileBodies} from './create-body.ts'
import {archiveOf} from './files.ts'

/** The first that takes several networks at once. */
const severalNetworks = 44

/** Makes a container; nothing of it is left when it fails. */
export async function create(client: Client, spec: ContainerSpec, {isOurs}: {isOurs: boolean}): Promise<string> {
  if (isOurs)
    return post(client, spec, {
      ...createBody(spec, {isOurs}),
      ...(spec.files.length === 0 ? {} : {StackFiles: fileBodies(spec)}),
    })
  const [first, ...others] = spec.networks
  const isOld = others.length > 0 && (await minorVersion(client)) < severalNetworks
  const body = createBody(isOld && first !== undefined ? {...spec, networks: [first]} : spec)
  const id = await post(client, spec, body)
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

async function post(client: Client, {name}: ContainerSpec, body: unknown): Promise<string> {
  const {Id} = await client.call<{readonly Id: string}>({
    method: 'POST',
    path: '/containers/create',
    query: {name},
    body,
  })
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
