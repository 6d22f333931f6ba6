import {expect, test} from 'vitest'
import type {Project} from '../../../src/model/project.ts'
import {dependsOn, network, project, service} from '../../support/project.ts'
import {carryOut, plannedUp, running, textOfUp, up} from './machine.ts'

const on = (...keys: string[]) => ({
  networks: Object.fromEntries(keys.map(key => [key, {aliases: [], priority: 0, gatewayPriority: 0}])),
})
const shop = (internal: boolean, more: Partial<Project> = {}) =>
  project(
    [
      service('web', {...on('front'), dependsOn: {db: dependsOn()}}),
      service('db', on('front')),
      service('job', on('back')),
    ],
    {networks: {front: network('front', {internal}), back: network('back')}, ...more},
  )

test('a changed network is made anew, with who is on it and nobody else', async () => {
  const engine = await running(shop(false))
  expect(await textOfUp(engine, shop(true))).toMatchInlineSnapshot(`
    "#1 check-network shop_front: it has changed, and is to be made anew
    #2 create-container db.1: network "shop_front" has changed after #1
    #3 create-container web.1: network "shop_front" has changed after #1
    #4 stop-container web.1: network "shop_front" has changed after #3
    #5 stop-container db.1: network "shop_front" has changed after #2
    #6 remove-container db.1: network "shop_front" has changed after #5
    #7 rename-container db.1: takes its place after #6
    #8 remove-container web.1: network "shop_front" has changed after #4
    #9 rename-container web.1: takes its place after #8
    #10 remove-network shop_front: configuration changed after #6, #8
    #11 create-network shop_front: configuration changed after #10
    #12 start-container db.1: replaced after #7, #11
    #13 start-container web.1: replaced after #9, #11, #12"
  `)
  await up(engine, shop(true))
  expect(await textOfUp(engine, shop(true))).toBe('')
  const {containers} = await engine.observe('shop')
  expect(containers.map(({name, status}) => `${name} ${status}`).sort()).toEqual([
    'shop-db-1 running',
    'shop-job-1 running',
    'shop-web-1 running',
  ])
})

test('services that were not named are made anew too where they are on it', async () => {
  const engine = await running(shop(false))
  await up(engine, shop(true), {services: ['db']})
  expect(await textOfUp(engine, shop(true))).toBe('')
})

test('as long as somebody else is on it, it stays as it is', async () => {
  const engine = await running(shop(false))
  const {db, job} = shop(true).services
  const without = {...shop(true), services: {db: db!, job: job!}}
  const {steps, warnings} = await plannedUp(engine, without)
  expect(steps).toEqual([])
  expect(warnings.join()).toContain(
    'network "shop_front" has changed, and keeps its configuration as long as shop-web-1',
  )
  await up(engine, without, {removeOrphans: true})
  expect((await plannedUp(engine, without)).warnings).toEqual([])

  await up(engine, shop(true))
  const foreign = project([service('spy', on('front'))], {
    name: 'other',
    networks: {front: network('front', {external: true})},
  })
  await up(engine, foreign)
  const before = await engine.observe('shop')
  await expect(up(engine, shop(false))).rejects.toMatchObject({
    message: 'cannot recreate network "shop_front"',
    cause: {message: 'containers of others use it: other-spy-1'},
  })
  expect(await engine.observe('shop'), 'nothing was stopped').toEqual(before)
})

test('not with --no-recreate; wherever it was broken off the next up finishes it', async () => {
  expect(await textOfUp(await running(shop(false)), shop(true), {noRecreate: true})).toBe('')
  const length = (await plannedUp(await running(shop(false)), shop(true))).steps.length
  for (let broken = 0; broken < length; broken++) {
    const engine = await running(shop(false))
    const {steps, warnings} = await plannedUp(engine, shop(true))
    await carryOut(engine, 'shop', {steps: steps.slice(0, broken), warnings})
    await up(engine, shop(true))
    expect(await textOfUp(engine, shop(true)), `after ${broken}`).toBe('')
    const {containers} = await engine.observe('shop')
    expect(containers.filter(({status}) => status === 'running')).toHaveLength(3)
  }
})
