import {writeFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import type {ContainerRecord} from '../../../src/model/container.ts'
import {native} from '../../../src/native/binding.ts'
import {ask, machine, port, run, serve} from './machine.ts'

const links = async () => (await native().listLinks({})).filter(each => each.name !== 'lo')
const bridges = async () => (await links()).filter(each => each.kind === 'bridge').map(each => each.name)

/** Bridge netfilter shows a frame to the rules on every bridge that it passes. */
const setBridgeNetfilter = (on: boolean) =>
  writeFileSync('/proc/sys/net/bridge/bridge-nf-call-iptables', on ? '1' : '0')

/** Containers on five bridges, two on each; those of the first and the last bridge are web. */
async function crowd(here: Awaited<ReturnType<typeof machine>>) {
  const web = {project: 'shop', service: 'web', ports: [port(80, 8080), port(80, 8080, {protocol: 'udp'})]}
  const wanted = Array.from({length: 10}, (_, index) => ({networks: ['a'], ...([0, 8, 9].includes(index) ? web : {})}))
  const all = await Promise.all(wanted.map((more, index) => here.container(`c${index}`, more)))
  return {all, web: [all[0]!, all[8]!, all[9]!]}
}

test.each([true, false])('a full network gets further bridges and stays one network, bridge netfilter %s', async on => {
  await using here = await machine({containersPerBridge: 2})
  setBridgeNetfilter(on)
  const network = await here.network('a')
  const {all, web} = await crowd(here)
  const addresses = all.map(each => here.networks.endpoints(each.id)[0]!.address)
  expect(await bridges()).toHaveLength(5)
  for (const from of all) {
    const script = `for each in ${[...addresses, network.gateway].join(' ')}; do ping -c1 -W2 $each >/dev/null || echo $each; done`
    expect(run(from, 'busybox', 'sh', '-c', script), from.name).toBe('')
  }
  await using _first = await serve(web[0]!, 'first', 80)
  await using _second = await serve(web[1]!, 'second', 80)
  await using _third = await serve(web[2]!, 'third', 80)
  for (const each of web) {
    await here.networks.serve(each)
    await here.networks.publish(each)
  }
  const everyone = ['first', 'second', 'third']
  const names = async (answers: Promise<string[]>) =>
    [...new Set((await answers).map(each => each.split(' ')[0]))].sort()
  const [service] = here.networks.names.services(network.id, 'web')
  for (const from of [all[1]!, all[2]!, all[8]!, all[9]!]) {
    expect(await names(ask(from, `${service?.address}:80`, {count: 9})), `${from.name} by its service`).toEqual(
      everyone,
    )
    for (const protocol of ['tcp', 'udp']) {
      const answers = await ask(from, `${network.gateway}:8080`, {count: protocol === 'tcp' ? 9 : 3, protocol})
      expect(
        answers.every(each => each.includes(' to ')),
        `${from.name} by ${protocol}: ${answers}`,
      ).toBe(true)
    }
  }
  expect(await names(ask('host', '127.0.0.1:8080', {count: 9}))).toEqual(everyone)
  expect(here.warnings).toEqual([])
})

test('what is on a further bridge is there again after a restart, a reboot and a deleted bridge, and all goes with the network', async () => {
  await using here = await machine({containersPerBridge: 2})
  const {bridge} = await here.network('a')
  const all: ContainerRecord[] = []
  for (const name of ['c0', 'c1', 'c2', 'c3']) all.push(await here.container(name, {networks: ['a']}))
  const endpoints = () => all.map(each => here.networks.endpoints(each.id)[0]!)
  const before = endpoints()
  expect(before.map(each => each.bridge)).toEqual([undefined, undefined, 1, 1])
  await using _ = await serve(all[3]!, 'last', 80)
  const reached = async () => expect((await ask(all[0]!, `${before[3]!.address}:80`))[0]).toContain('last to')
  const [further] = (await bridges()).filter(each => each !== bridge)
  await here.restart()
  await reached()
  expect(run('host', 'nft', 'list', 'table', 'inet', 'stack')).toContain(`iifname "${further}" notrack`)
  for (const gone of [bridge, further!]) {
    await native().deleteLink({name: gone})
    await here.restart()
    await reached()
  }
  // A place that became free is given again before there is another bridge.
  await here.networks.detach(all[1]!.id)
  const next = await here.container('next', {networks: ['a']})
  expect(here.networks.endpoints(next.id)[0]?.bridge).toBeUndefined()
  for (const each of [...all, next]) await here.networks.detach(each.id)
  await here.networks.remove('a')
  await expect.poll(links).toEqual([])
  expect(here.warnings).toEqual([])
})
