import {expect, test} from 'vitest'
import {MemoryEngine} from '../../../src/engine/memory/engine.ts'
import {execute} from '../../../src/execute/execute.ts'
import {perform} from '../../../src/execute/perform.ts'
import {planDown} from '../../../src/plan/down.ts'
import {planStart} from '../../../src/plan/lifecycle.ts'
import {render} from '../../../src/plan/step.ts'
import {dependsOn, project, service} from '../../support/project.ts'
import {plannedUp, running, textOfUp, up} from './machine.ts'

const before = (command: readonly string[], image = 'host://') => ({image, command, privileged: false, environment: {}})
const shop = (...commands: string[][]) =>
  project([service('web', {preStart: commands.map(each => before(each)), dependsOn: {db: dependsOn()}}), service('db')])
const prepared = shop(['true'], ['echo', 'two'])

test('they run once, in order, before the first replica and after what the service depends on', async () => {
  expect(await textOfUp(new MemoryEngine(), prepared, {scale: {web: 2}})).toMatchInlineSnapshot(`
    "#1 create-network shop_default: missing
    #2 ensure-image host://: needed
    #3 create-container db.1: no container yet after #1, #2
    #4 create-container web.1: no container yet after #1, #2
    #5 create-container web.2: no container yet after #1, #2
    #6 start-container db.1: created after #3
    #7 create-container web.pre_start[0]: before the first start after #2, #4, #5, #6
    #8 run-container web.pre_start[0]: web needs it done after #7
    #9 remove-container web.pre_start[0]: done after #8
    #10 create-container web.pre_start[1]: before the first start after #9
    #11 run-container web.pre_start[1]: web needs it done after #10
    #12 remove-container web.pre_start[1]: done after #11
    #13 start-container web.1: created after #4, #6, #12
    #14 start-container web.2: created after #5, #6, #12"
  `)
})

test('not again while the service has run and is the same', async () => {
  const engine = await running(prepared)
  expect(await textOfUp(engine, prepared)).toBe('')
  expect(await textOfUp(engine, prepared, {scale: {web: 2}})).not.toContain('pre_start')
  for (const {id} of (await engine.observe('shop')).containers) await engine.stopContainer(id)
  expect(await textOfUp(engine, prepared)).not.toContain('pre_start')
})

test('again when they change, and when the service is made anew', async () => {
  const engine = await running(prepared)
  expect(await textOfUp(engine, shop(['true']))).toMatch(
    /stop-container web\.1[\s\S]*run-container web\.pre_start\[0\]/,
  )
  expect(await textOfUp(engine, prepared, {forceRecreate: true})).toContain('pre_start[1]')
})

test('one that fails is left, the service is not started; the next up removes it and tries again', async () => {
  const engine = new MemoryEngine()
  const failing = shop(['echo', 'one'], ['sh', '-c', 'exit 3'])
  const failures = await execute((await plannedUp(engine, failing)).steps, perform(engine, 'shop'))
  expect(failures.map(({error}) => (error as Error).message)).toEqual(['running web.pre_start[1]'])
  const {containers} = await engine.observe('shop')
  expect(containers.map(({name, status}) => `${name} ${status}`).sort()).toEqual([
    'shop-db-1 running',
    'shop-web-1 created',
    'shop-web-pre_start-1 exited',
  ])
  expect(await textOfUp(engine, failing)).toMatchInlineSnapshot(`
    "#1 remove-container web.pre_start[1]: of an earlier start
    #2 create-container web.pre_start[0]: before the first start after #1
    #3 run-container web.pre_start[0]: web needs it done after #2
    #4 remove-container web.pre_start[0]: done after #3
    #5 create-container web.pre_start[1]: before the first start after #4
    #6 run-container web.pre_start[1]: web needs it done after #5
    #7 remove-container web.pre_start[1]: done after #6
    #8 start-container web.1: not started after #7"
  `)
  const down = planDown({name: 'shop', project: failing}, await engine.observe('shop'))
  expect(render(down.steps)).toContain('remove-container web.pre_start[1]: down')
  await execute(down.steps, perform(engine, 'shop'))
  expect((await engine.observe('shop')).containers).toEqual([])
})

test('what was made and never started is prepared by start, too', async () => {
  const engine = new MemoryEngine()
  await up(engine, prepared, {noStart: true})
  const actual = await engine.observe('shop')
  expect(actual.containers).toHaveLength(2)
  expect(render(planStart({name: 'shop', project: prepared}, actual).steps)).toMatchInlineSnapshot(`
    "#1 start-container db.1: start
    #2 ensure-image host://: needed
    #3 create-container web.pre_start[0]: start after #1, #2
    #4 run-container web.pre_start[0]: web needs it done after #3
    #5 remove-container web.pre_start[0]: done after #4
    #6 create-container web.pre_start[1]: start after #5
    #7 run-container web.pre_start[1]: web needs it done after #6
    #8 remove-container web.pre_start[1]: done after #7
    #9 start-container web.1: start after #1, #8"
  `)
})
