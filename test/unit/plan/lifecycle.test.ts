import {expect, test} from 'vitest'
import {planKill, planRemove, planRestart, planStart, planStop} from '../../../src/plan/lifecycle.ts'
import {planScale} from '../../../src/plan/scale.ts'
import {render} from '../../../src/plan/step.ts'
import {dependsOn, project, service} from '../../support/project.ts'
import {carryOut, running} from './machine.ts'

const shop = project([
  service('web', {dependsOn: {db: dependsOn('service_healthy', {restart: true})}}),
  service('db', {healthcheck: {disable: false, test: ['CMD', 'true']}}),
])
const scope = {name: 'shop', project: shop}
const observed = async () => (await running(shop)).observe('shop')
const stopped = async () => {
  const engine = await running(shop)
  await carryOut(engine, 'shop', planStop(scope, await engine.observe('shop')))
  return engine.observe('shop')
}

test('stop goes from dependents to what they depend on', async () => {
  expect(render(planStop(scope, await observed(), {timeout: 3000}).steps)).toMatchInlineSnapshot(`
    "#1 stop-container web.1: stop
    #2 stop-container db.1: stop once #1 ended"
  `)
  expect(planStop(scope, await stopped()).steps).toEqual([])
})

test('start goes the other way, waiting as the file says', async () => {
  expect(render(planStart(scope, await stopped(), {services: ['web']}).steps)).toMatchInlineSnapshot(`
    "#1 start-container db.1: start
    #2 wait-healthy db.1: web depends on it after #1
    #3 start-container web.1: start after #2"
  `)
  expect(planStart(scope, await observed()).steps).toEqual([])
})

test('a service without a container cannot be started', async () => {
  expect(() => planStart(scope, {containers: [], networks: [], volumes: []}, {services: ['web']})).toThrow(
    'service "web" has no container to start',
  )
})

test('a restart takes those along that asked for it', async () => {
  expect(render(planRestart(scope, await observed(), {services: ['db']}).steps)).toMatchInlineSnapshot(`
    "#1 stop-container web.1: restart
    #2 stop-container db.1: restart once #1 ended
    #3 start-container db.1: restart after #2
    #4 wait-healthy db.1: web depends on it after #3
    #5 start-container web.1: restart after #1, #4"
  `)
  expect(render(planRestart(scope, await observed(), {services: ['db'], noDeps: true}).steps)).not.toContain('web.1')
})

test('kill and rm act on what is in the state for it', async () => {
  expect(render(planKill(scope, await observed(), {signal: 'SIGHUP'}).steps)).toBe(
    '#1 kill-container db.1: kill\n#2 kill-container web.1: kill',
  )
  expect(planRemove(scope, await observed()).steps).toEqual([])
  expect(render(planRemove(scope, await stopped(), {services: ['web']}).steps)).toBe('#1 remove-container web.1: rm')
  expect(render(planRemove(scope, await observed(), {services: ['web'], stop: true}).steps)).toBe(
    '#1 stop-container web.1: rm\n#2 remove-container web.1: rm after #1',
  )
})

test('scaling leaves what runs as it is', async () => {
  const changed = project([{...shop.services.web!, hostname: 'other'}, shop.services.db!])
  expect(render(planScale(changed, await observed(), {web: 2}, {images: new Map()}).steps)).toMatchInlineSnapshot(`
    "#1 ensure-image host://: needed
    #2 create-container web.2: scale 1 → 2 after #1
    #3 start-container web.2: created after #2"
  `)
})

test('an unknown service is named, with the one that was probably meant', () => {
  expect(() => planStop(scope, {containers: [], networks: [], volumes: []}, {services: ['wep']})).toThrow(
    'no such service: wep',
  )
})
