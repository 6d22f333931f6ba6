import {once} from 'node:events'
import {createServer} from 'node:http'
import {type AddressInfo, connect} from 'node:net'
import {describe, expect, test} from 'vitest'
import {label} from '../../../src/engine/labels.ts'
import {describeServices} from '../../../src/web/server/services.ts'
import {createStreams} from '../../../src/web/server/streams.ts'
import {dependsOn, project, service} from '../../support/project.ts'
import {container} from '../cli/support.ts'

describe('services', () => {
  const shop = project([
    service('web', {dependsOn: {db: dependsOn(), off: dependsOn()}}),
    service('db'),
    service('cloud', {provider: {type: 'cloud', options: {}}, scale: 0}),
  ])

  test('of the file, with their containers in order, and of containers that the file does not have', () => {
    const containers = [
      container('web', {number: 2}),
      container('web'),
      container('old'),
      container('web', {oneoff: true}),
    ]
    const described = describeServices({project: shop, containers, chosen: []})
    expect(described.map(({name, fixed, provider}) => [name, fixed, provider])).toEqual([
      ['cloud', 'cloud provides it', 'cloud'],
      ['db', '', ''],
      ['old', 'the Compose file does not have it', ''],
      ['web', '', ''],
    ])
    expect(described[3]?.replicas.map(({number}) => number)).toEqual([1, 2])
    expect(described[3]?.dependsOn).toEqual([{name: 'db', condition: 'service_started'}])
  })

  test('without a file the labels of containers say what depends on what, and nothing can be scaled', () => {
    const labels = {[label.dependsOn]: 'db:service_healthy:false'}
    const described = describeServices({
      project: undefined,
      containers: [container('web', {labels}), container('db')],
      chosen: [],
    })
    expect(described[1]).toMatchObject({name: 'web', dependsOn: [{name: 'db', condition: 'service_healthy'}]})
    expect(described.every(({fixed}) => fixed.startsWith('there is no Compose file'))).toBe(true)
  })

  test('only those that were chosen are shown', () => {
    const described = describeServices({project: shop, containers: [], chosen: ['web']})
    expect(described).toMatchObject([{name: 'web', dependsOn: []}])
  })
})

test('a page that takes nothing is cut off, the others go on', async () => {
  const streams = createStreams({clients: 2, backlog: 3_000_000, beat: 60_000})
  const nothing = {kind: 'trouble', text: ''} as const
  const server = createServer((_, response) => streams.add(response, nothing)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const {port} = server.address() as AddressInfo
  const open = async () => {
    const socket = connect(port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    await once(socket, 'readable')
    return socket
  }
  const [slow, quick] = [await open(), await open()]
  let taken = 0
  quick.on('data', chunk => {
    taken += chunk.length
  })
  expect(streams.isFull).toBe(true)
  let told = 0
  while (streams.isFull && told < 100) {
    streams.tell({kind: 'trouble', text: 'x'.repeat(1_000_000)})
    told++
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  expect(told).toBeLessThan(100)
  slow.destroy()
  streams.close()
  await once(quick, 'end')
  expect(taken).toBeGreaterThan(told * 1_000_000)
  server.close()
})
