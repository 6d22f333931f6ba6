import {expect, test} from 'vitest'
import type {Mount} from '../../../src/model/project.ts'
import {network, project, service, volume} from '../../support/project.ts'
import {carryOut, plannedUp, running, textOfUp, up} from './machine.ts'

const data: Mount = {type: 'volume', source: 'data', target: '/data', readOnly: false, nocopy: false}
const anonymous: Mount = {type: 'volume', target: '/own', readOnly: false, nocopy: false}
const shop = (team: string) =>
  project([service('db', {mounts: [data, anonymous]}), service('copy', {mounts: [data]}), service('web')], {
    volumes: {data: volume('data', {labels: {team}})},
  })
const all = {recreateVolumes: true}

test('a changed volume is made anew where that is agreed to, with the containers that have it', async () => {
  const engine = await running(shop('a'))
  expect(await textOfUp(engine, shop('b'), all)).toMatchInlineSnapshot(`
    "#1 check-volume shop_data: it has changed, and is to be made anew
    #2 stop-container db.1: volume "shop_data" has changed after #1
    #3 remove-container db.1: volume "shop_data" has changed after #2
    #4 stop-container copy.1: volume "shop_data" has changed after #1
    #5 remove-container copy.1: volume "shop_data" has changed after #4
    #6 remove-volume shop_data: configuration changed (destroys the data of volume "shop_data") after #1, #3, #5
    #7 create-volume shop_data: configuration changed after #6
    #8 create-container db.1: no container yet after #7
    #9 create-container copy.1: no container yet after #7
    #10 start-container db.1: created after #8
    #11 start-container copy.1: created after #9"
  `)
  const before = (await engine.observe('shop')).containers.find(each => each.service === 'db')?.mountedVolumes
  await up(engine, shop('b'), {...all, services: ['copy']})
  const after = (await engine.observe('shop')).containers.find(each => each.service === 'db')
  expect(after, 'a service that was not named too').toMatchObject({status: 'running', mountedVolumes: before})
  expect(await plannedUp(engine, shop('b'))).toEqual({steps: [], warnings: []})
})

test('otherwise it keeps its data and its configuration, and that is said', async () => {
  const engine = await running(shop('a'))
  const changed = project(
    Object.values(shop('b').services).map(each => (each.name === 'db' ? {...each, hostname: 'other'} : each)),
    {volumes: shop('b').volumes},
  )
  const {steps, warnings} = await plannedUp(engine, changed)
  expect(steps.map(({operation}) => operation.kind)).not.toContain('remove-volume')
  expect(warnings.join()).toContain('volume "shop_data" was made with another configuration')
})

test('nothing is taken from containers of others', async () => {
  const engine = await running(shop('a'))
  const foreign = project([service('spy', {mounts: [data]})], {
    name: 'other',
    networks: {default: network('default', {name: 'other_default'})},
    volumes: {data: volume('data', {external: true})},
  })
  await up(engine, foreign)
  const before = await engine.observe('shop')
  await expect(carryOut(engine, 'shop', await plannedUp(engine, shop('b'), all))).rejects.toMatchObject({
    message: 'cannot recreate volume "shop_data"',
    cause: {message: 'containers of others use it: other-spy-1'},
  })
  expect(await engine.observe('shop')).toEqual(before)
  const {services, ...rest} = shop('b')
  const without = {...rest, services: {db: services.db!}}
  expect((await plannedUp(engine, without, all)).warnings.join()).toContain('stays as long as shop-copy-1 has it')
})
