import {expect, test} from 'vitest'
import {MemoryEngine} from '../../../src/engine/memory/engine.ts'
import {type DownOptions, planDown} from '../../../src/plan/down.ts'
import {render} from '../../../src/plan/step.ts'
import {dependsOn, project, service, volume} from '../../support/project.ts'
import {carryOut, running, up} from './machine.ts'

const data = {type: 'volume' as const, source: 'data', target: '/data', readOnly: false, nocopy: false}
const shop = project(
  [service('web', {dependsOn: {db: dependsOn()}}), service('db', {mounts: [data]}), service('cache')],
  {volumes: {data: volume('data')}},
)
const planned = async (engine: MemoryEngine, options: DownOptions = {}, withFile = true) =>
  planDown(withFile ? {name: 'shop', project: shop} : {name: 'shop'}, await engine.observe('shop'), options)
const text = async (...given: Parameters<typeof planned>) => render((await planned(...given)).steps)

test('dependents go first, independent services at once, the network last', async () => {
  expect(await text(await running(shop))).toMatchInlineSnapshot(`
    "#1 stop-container web.1: down
    #2 remove-container web.1: down after #1
    #3 stop-container db.1: down once #1 ended
    #4 remove-container db.1: down after #3
    #5 stop-container cache.1: down
    #6 remove-container cache.1: down after #5
    #7 remove-network shop_default: down after #2, #4, #6"
  `)
})

test('without a file the labels tell the same', async () => {
  const engine = await running(shop)
  expect(await text(engine, {}, false)).toBe(await text(engine))
})

test('with volumes the data goes too, and the plan says that it is lost', async () => {
  const {steps} = await planned(await running(shop), {volumes: true})
  expect(render(steps.slice(-1))).toContain(
    'remove-volume shop_data: down with volumes (destroys the data of volume "shop_data")',
  )
  expect(steps.filter(({destroys}) => destroys !== undefined)).toHaveLength(1)
})

test('services that are named go alone, and the network that others use stays', async () => {
  const {steps, warnings} = await planned(await running(shop), {services: ['web']})
  expect(render(steps)).toMatchInlineSnapshot(`
    "#1 stop-container web.1: down
    #2 remove-container web.1: down after #1"
  `)
  expect(warnings).toEqual(['network "shop_default" is still in use by shop-db-1, shop-cache-1'])
})

test('orphans stay unless they are asked for', async () => {
  const engine = await running(
    project([...Object.values(shop.services), service('old')], {volumes: {data: volume('data')}}),
  )
  expect((await planned(engine)).warnings).toEqual(['network "shop_default" is still in use by shop-old-1'])
  expect(await text(engine, {removeOrphans: true})).toContain('remove-container old.1')
})

test('down leaves nothing, also of volumes that a container had from the one before it', async () => {
  const anonymous = {type: 'volume' as const, target: '/cache', readOnly: false, nocopy: false}
  const engine = await running(project([service('web', {mounts: [anonymous]})]))
  await up(engine, project([service('web', {mounts: [anonymous], hostname: 'other'})]))
  await carryOut(engine, 'shop', planDown({name: 'shop'}, await engine.observe('shop'), {volumes: true}))
  expect(await engine.observe('shop')).toEqual({containers: [], networks: [], volumes: []})
})

test('where nothing is there is nothing to do but to say so', async () => {
  expect(await planned(new MemoryEngine())).toEqual({steps: [], warnings: ['nothing to remove of project "shop"']})
})
