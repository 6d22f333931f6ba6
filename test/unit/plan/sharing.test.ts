import {expect, test} from 'vitest'
import {containerSpec} from '../../../src/plan/container-spec.ts'
import {project, service} from '../../support/project.ts'
import {running, textOfUp, up} from './machine.ts'

const pair = (app: object = {}, side: object = {}) =>
  project([service('app', app), service('side', {pidMode: 'service:app', ...side})])

test('services become containers: the replica of the same number, else the first', () => {
  const own = pair({}, {ipcMode: 'container:stranger', utsMode: 'host'})
  const spec = (number: number) => containerSpec(own, own.services.side!, number, () => [1, 2])
  expect(spec(2)).toMatchObject({pidMode: 'container:shop-app-2', ipcMode: 'container:stranger', utsMode: 'host'})
  expect(spec(3).pidMode).toBe('container:shop-app-1')
  expect(containerSpec(own, own.services.app!, 1)).not.toHaveProperty('pidMode')
})

test('what is shared is created and started first, and then nothing is to be done', async () => {
  const engine = await running(pair())
  expect(await textOfUp(engine, pair())).toBe('')
  expect(await textOfUp(await running(project([])), pair())).toMatchInlineSnapshot(`
    "#1 create-network shop_default: missing
    #2 ensure-image host://: needed
    #3 create-container app.1: no container yet after #1, #2
    #4 create-container side.1: no container yet after #1, #2, #3
    #5 start-container app.1: created after #3
    #6 start-container side.1: created after #4, #5"
  `)
})

test('who shares with a replaced service is replaced with it', async () => {
  const text = await textOfUp(await running(pair()), pair({hostname: 'other'}))
  expect(text).toMatch(/create-container app\.1: configuration changed/)
  expect(text).toMatch(/create-container side\.1: shares a namespace of app, which is new/)
})

test('who shares with one that is started is started again', async () => {
  const engine = await running(pair())
  const app = (await engine.observeAll()).find(each => each.service === 'app')!
  engine.exit(app.id, 1)
  expect(await textOfUp(engine, pair())).toMatchInlineSnapshot(`
    "#1 stop-container side.1: shares a namespace of app, which is started
    #2 start-container app.1: not running, exited with 1
    #3 start-container side.1: shares a namespace of app, which is started after #1, #2"
  `)
})

test('a replica whose peer is removed gets another', async () => {
  const engine = await running(pair({scale: 2}, {scale: 2}))
  const text = await textOfUp(engine, pair({scale: 1}, {scale: 2}))
  expect(text).toMatch(/create-container side\.2: shares a namespace of app-2, which is removed/)
  expect(text).not.toMatch(/create-container side\.1/)
  await up(engine, pair({scale: 1}, {scale: 2}))
  expect(await textOfUp(engine, pair({scale: 1}, {scale: 2}))).toBe('')
})
