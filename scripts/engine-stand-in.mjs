// An engine that has every image and does nothing, for commands to talk to while their code is kept: keep-code.mjs.
import {createServer} from 'node:http'

/** Answers on a unix socket until this process ends. */
export async function standIn(path) {
  const containers = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const piece of request) text += piece
    const body = text === '' ? undefined : JSON.parse(text)
    if (request.url === '/stack/batch') {
      const lines = body.map((each, index) => `${JSON.stringify([index, ...answer(containers, each)])}\n`)
      return void response.end(lines.join(''))
    }
    const [status, told] = answer(containers, {method: request.method, url: request.url, body})
    response.writeHead(status, {'Content-Type': 'application/json'}).end(told && JSON.stringify(told))
  })
  await new Promise(resolve => server.listen(path, resolve))
  server.unref()
}

function answer(containers, {method, url, body}) {
  const {pathname, searchParams} = new URL(url, 'http://localhost')
  const path = pathname.replace(/[0-9a-f]{64}/, 'ID')
  if (path === '/containers/create') {
    containers.push(rowOf(body, {id: String(containers.length + 1).padStart(64, '0'), name: searchParams.get('name')}))
    return [201, {Id: containers.at(-1).Id, Warnings: []}]
  }
  if (`${method} ${path}` === 'DELETE /containers/ID') containers.splice(0)
  if (path.startsWith('/images/')) return [200, {Id: 'sha256:1', Os: 'linux', Architecture: 'amd64', Config: {}}]
  const told = {
    '/stack/info': {version: '0', capabilities: {sharedPorts: true}, batches: true},
    '/stack/ports': [],
    '/containers/json': containers,
    '/networks': [],
    '/networks/create': {Id: 'network'},
    '/volumes': {Volumes: []},
  }[path]
  return told === undefined ? [204] : [200, told]
}

const rowOf = ({Image, Labels}, {id, name}) => ({
  Id: id,
  Names: [`/${name}`],
  Image,
  ImageID: 'sha256:1',
  Command: '',
  Created: 1,
  State: 'running',
  Status: 'Up 1 second',
  Labels,
  Ports: [],
  Mounts: [],
  NetworkSettings: {Networks: {}},
})
