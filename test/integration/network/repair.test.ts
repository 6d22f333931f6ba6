import {expect, test} from 'vitest'
import {native} from '../../../src/native/binding.ts'
import {ask, type Machine, machine, port, run, serve} from './machine.ts'

const rules = () => run('host', 'nft', 'list', 'ruleset')
const soon = {timeout: 5000, interval: 50}

async function published(here: Machine) {
  const {gateway} = await here.network('a', {labels: {'com.docker.compose.project': 'shop'}})
  const wanted = {networks: ['a'], project: 'shop', service: 'web', aliases: ['web'], ports: [port(80, 8080)]}
  const web = await here.container('web', wanted)
  await here.networks.publish(web)
  await here.networks.serve(web)
  return {web, gateway}
}

test('rules that another program flushes are loaded again, and those of others are left alone', async () => {
  await using here = await machine()
  const {web} = await published(here)
  await using _ = await serve(web, 'web', 80)
  for (const flush of [
    ['flush', 'ruleset'],
    ['flush', 'table', 'inet', 'stack'],
    ['flush', 'chain', 'inet', 'stack', 'prerouting'],
    ['delete', 'table', 'inet', 'stack'],
  ]) {
    const before = rules()
    expect(await ask('host', '127.0.0.1:8080')).toEqual([expect.stringContaining('web')])
    run('host', 'nft', ...flush)
    expect(rules()).not.toBe(before)
    await expect.poll(rules, soon).toBe(before)
  }
  expect(await ask('host', '127.0.0.1:8080')).toEqual([expect.stringContaining('web')])

  const {generation} = await native().tableState({table: 'stack'})
  run('host', 'nft', 'add', 'table', 'ip', 'other')
  await new Promise(resolve => setTimeout(resolve, 1500))
  expect(await native().tablesGeneration({}), 'nothing was loaded').toBe(generation + 1)
  run('host', 'nft', 'delete', 'table', 'ip', 'other')
  expect(here.warnings).toEqual([])
})

test('a bridge that somebody deletes comes back, with its containers and the addresses of services', async () => {
  await using here = await machine()
  const {web, gateway} = await published(here)
  const client = await here.container('client', {networks: ['a']})
  await using _ = await serve(web, 'web', 80)
  const [network] = here.networks.list()
  const [service] = here.networks.names.services(network!.id, 'web')
  const works = async () => {
    const answers = await Promise.all([ask(client, `${service!.address}:80`), ask('host', '127.0.0.1:8080')])
    return answers.flat().map(each => each.split(' ')[0])
  }
  expect(await works()).toEqual(['web', 'web'])
  run('host', 'ip', 'link', 'delete', network!.bridge)
  await expect.poll(works, {...soon, timeout: 10_000}).toEqual(['web', 'web'])
  expect(run(client, 'busybox', 'ping', '-c1', '-W2', service!.address)).toContain('1 packets received')
  expect(run(client, 'busybox', 'ping', '-c1', '-W2', gateway)).toContain('1 packets received')

  // Made again by a container that comes, before anybody has looked.
  run('host', 'ip', 'link', 'delete', network!.bridge)
  const late = await here.container('late', {networks: ['a']})
  await expect.poll(works, {...soon, timeout: 10_000}).toEqual(['web', 'web'])
  await expect.poll(() => ask(late, `${service!.address}:80`), soon).toEqual([expect.stringContaining('web')])
  expect(here.warnings).toEqual([])
})
