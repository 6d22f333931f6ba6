import {afterEach, beforeEach, expect, test} from 'vitest'
import {openNetworks} from '../../../src/runtime/network/open.ts'
import {commonCgroup} from '../../../src/runtime/open.ts'
import {plainNetwork} from '../network/machine.ts'
import {Machine} from './machine.ts'

let machine: Machine
beforeEach(async () => {
  machine = await Machine.start(paths =>
    openNetworks({paths, warn: (doing, error) => machine.warnings.push(`${doing}: ${error}`), ...commonCgroup()}),
  )
})
afterEach(() => machine[Symbol.asyncDispose]())

const backend = {...plainNetwork, name: 'backend'}
const host = {networkMode: 'networks'} as const

test('containers on one network reach each other, keep their address, and count what they send', async () => {
  const network = await machine.networks.create(backend)
  const endpoints = [{network: network.id, aliases: ['web']}]
  const web = await machine.run('mkdir /www; echo hello > /www/index.html; exec httpd -f -p 80 -h /www', {
    host,
    endpoints,
  })
  const address = machine.networks.endpoints(web)[0]!.address
  const client = await machine.run('sleep 60', {host, endpoints})
  const fetched = await machine.exec(client, [
    'sh',
    '-c',
    `for i in 1 2 3 4 5 6 7 8 9 10; do wget -qO- http://${address}/ && break; sleep 0.1; done`,
  ])
  expect(fetched.stdout).toBe('hello\n')
  expect((await machine.containers.stats(client)).networks.eth0?.rxBytes).toBeGreaterThan(0)
  await machine.containers.stop(web, {signal: 9, grace: 0})
  await machine.containers.start(web)
  expect(machine.networks.endpoints(web)[0]!.address).toBe(address)
  expect((await machine.exec(web, ['ip', '-4', 'addr', 'show', 'eth0'])).stdout).toContain(`inet ${address}/`)
  expect(machine.warnings).toEqual([])
})

test('a port that is taken fails the start and leaves no link, namespace or cgroup', async () => {
  const network = await machine.networks.create(backend)
  const endpoints = [{network: network.id, aliases: []}]
  const portBindings = [{target: 80, protocol: 'tcp', hostIp: '', hostPort: '18080'}] as const
  const labels = (name: string) => ({'com.docker.compose.service': name})
  await machine.run('sleep 60', {host: {...host, portBindings}, endpoints, config: {labels: labels('a')}})
  const second = await machine.create('sleep 60', {
    host: {...host, portBindings},
    endpoints,
    config: {labels: labels('b')},
  })
  await expect(machine.containers.start(second)).rejects.toMatchObject({code: 'port-taken'})
  expect(machine.containers.state(second)).toMatchObject({status: 'created', error: expect.stringContaining('18080')})
  expect(machine.networks.endpoints(second)).toEqual([])
})
