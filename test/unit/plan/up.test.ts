import {expect, test} from 'vitest'
import {MemoryEngine} from '../../../src/engine/memory/engine.ts'
import {dependsOn, network, project, service, volume} from '../../support/project.ts'
import {plannedUp, running, textOfUp, up} from './machine.ts'

const probed = {disable: false, test: ['CMD', 'true']}
const shop = project([
  service('web', {dependsOn: {db: dependsOn('service_healthy')}}),
  service('db', {healthcheck: probed}),
])
const changed = (name: string) =>
  project(Object.values(shop.services).map(each => (each.name === name ? {...each, hostname: 'other'} : each)))

test('a first up makes networks, gets images, creates everything, and starts it in order', async () => {
  expect(await textOfUp(new MemoryEngine(), shop)).toMatchInlineSnapshot(`
    "#1 create-network shop_default: missing
    #2 ensure-image host://: needed
    #3 create-container db.1: no container yet after #1, #2
    #4 create-container web.1: no container yet after #1, #2
    #5 start-container db.1: created after #3
    #6 wait-healthy db.1: web needs it healthy after #5
    #7 start-container web.1: created after #4, #6"
  `)
})

test('an unchanged project that runs needs nothing', async () => {
  expect(await textOfUp(await running(shop), shop)).toBe('')
})

test('a changed service is replaced and its unchanged dependency is left alone', async () => {
  expect(await textOfUp(await running(shop), changed('web'))).toMatchInlineSnapshot(`
    "#1 create-container web.1: configuration changed
    #2 stop-container web.1: configuration changed after #1
    #3 remove-container web.1: configuration changed after #2
    #4 rename-container web.1: takes its place after #3
    #5 start-container web.1: replaced after #4"
  `)
})

test('a changed dependency is replaced; who depends on it runs on', async () => {
  expect(await textOfUp(await running(shop), changed('db'))).toMatchInlineSnapshot(`
    "#1 create-container db.1: configuration changed
    #2 stop-container db.1: configuration changed after #1
    #3 remove-container db.1: configuration changed after #2
    #4 rename-container db.1: takes its place after #3
    #5 start-container db.1: replaced after #4"
  `)
})

test('who asked for it is stopped before its dependency is replaced and started after it', async () => {
  const asks = (more: object) =>
    project([service('web', {dependsOn: {db: dependsOn('service_started', {restart: true})}}), service('db', more)])
  expect(await textOfUp(await running(asks({})), asks({hostname: 'other'}))).toMatchInlineSnapshot(`
    "#1 create-container db.1: configuration changed
    #2 stop-container web.1: db is replaced
    #3 stop-container db.1: configuration changed after #1, #2
    #4 remove-container db.1: configuration changed after #3
    #5 rename-container db.1: takes its place after #4
    #6 start-container db.1: replaced after #5
    #7 start-container web.1: db is replaced after #2, #6"
  `)
})

test('who shares the network of a replaced service is replaced with it', async () => {
  const tunnel = (more: object) =>
    project([service('app', {networkMode: 'service:vpn', networks: {}}), service('vpn', more)])
  const engine = await running(tunnel({}))
  expect(await textOfUp(engine, tunnel({hostname: 'other'}))).toMatchInlineSnapshot(`
    "#1 create-container vpn.1: configuration changed
    #2 create-container app.1: shares the network of vpn, which is new after #1
    #3 stop-container app.1: shares the network of vpn, which is new after #2
    #4 stop-container vpn.1: configuration changed after #1
    #5 remove-container vpn.1: configuration changed after #4
    #6 rename-container vpn.1: takes its place after #5
    #7 remove-container app.1: shares the network of vpn, which is new after #3
    #8 rename-container app.1: takes its place after #7
    #9 start-container vpn.1: replaced after #6
    #10 start-container app.1: replaced after #8, #9"
  `)
  await up(engine, tunnel({hostname: 'other'}))
  const {containers} = await engine.observe('shop')
  expect(containers.map(({name}) => name).sort()).toEqual(['shop-app-1', 'shop-vpn-1'])
})

test('scaling up adds, scaling down takes the highest numbers away', async () => {
  const web = (scale: number) => project([service('web', {scale})])
  expect(await textOfUp(await running(web(1)), web(3))).toMatchInlineSnapshot(`
    "#1 create-container web.2: scale 1 → 3
    #2 create-container web.3: scale 1 → 3
    #3 start-container web.2: created after #1
    #4 start-container web.3: created after #2"
  `)
  expect(await textOfUp(await running(web(3)), web(1))).toMatchInlineSnapshot(`
    "#1 stop-container web.3: scale 3 → 1
    #2 remove-container web.3: scale 3 → 1 after #1
    #3 stop-container web.2: scale 3 → 1
    #4 remove-container web.2: scale 3 → 1 after #3"
  `)
})

test('a job that has completed is not run again, and one that failed is', async () => {
  const job = project([
    service('web', {dependsOn: {migrate: dependsOn('service_completed_successfully')}}),
    service('migrate', {command: ['true']}),
  ])
  const engine = await running(job)
  expect(await textOfUp(engine, job)).toBe('')
  const [web] = (await engine.observe('shop')).containers.filter(each => each.service === 'web')
  await engine.stopContainer(web!.id)
  expect(await textOfUp(engine, job)).toMatchInlineSnapshot(
    `"#1 start-container web.1: not running, exited with 143; migrate has completed already"`,
  )
  const failing = project([job.services.web!, {...job.services.migrate!, command: ['false']}])
  await expect(up(engine, failing)).rejects.toThrow('waiting for migrate.1')
  expect(await textOfUp(engine, failing)).toMatchInlineSnapshot(`
    "#1 start-container migrate.1: not running, exited with 1
    #2 wait-completed migrate.1: web needs it completed after #1
    #3 start-container web.1: not running, exited with 143 after #2"
  `)
})

test('a dependency that is not required only has to be over', async () => {
  const optional = project([
    service('web', {dependsOn: {cache: dependsOn('service_healthy', {required: false})}}),
    service('cache'),
  ])
  expect(await textOfUp(new MemoryEngine(), optional)).toMatchInlineSnapshot(`
    "#1 create-network shop_default: missing
    #2 ensure-image host://: needed
    #3 create-container cache.1: no container yet after #1, #2
    #4 create-container web.1: no container yet after #1, #2
    #5 start-container cache.1: created after #3
    #6 wait-healthy cache.1: web needs it healthy after #5
    #7 start-container web.1: created after #4 once #6 ended"
  `)
  const {containers} = await (await running(optional)).observe('shop')
  expect(containers.map(({status}) => status)).toEqual(['running', 'running'])
})

test('naming a service brings its dependencies, --no-deps does not', async () => {
  const three = project([...Object.values(shop.services), service('other')])
  const {steps} = await plannedUp(new MemoryEngine(), three, {services: ['web']})
  expect(steps.filter(each => each.operation.kind === 'create-container')).toHaveLength(2)
  expect(
    await textOfUp(await running(shop), shop, {services: ['web'], noDeps: true, forceRecreate: true}),
  ).toMatchInlineSnapshot(`
    "#1 create-container web.1: asked for
    #2 stop-container web.1: asked for after #1
    #3 remove-container web.1: asked for after #2
    #4 rename-container web.1: takes its place after #3
    #5 start-container web.1: replaced after #4"
  `)
})

test('--no-recreate keeps what changed, --no-start starts nothing, --pull always fetches what is made', async () => {
  expect(await textOfUp(await running(shop), changed('web'), {noRecreate: true})).toBe('')
  expect(await textOfUp(new MemoryEngine(), project([service('web')]), {noStart: true})).not.toContain(
    'start-container',
  )
  expect(await textOfUp(await running(project([])), project([service('web')]), {pull: 'always'})).toContain(
    'ensure-image host://: the newest is wanted',
  )
})

test('--wait ends when everything is up, and has nothing to wait for where it is', async () => {
  expect(await textOfUp(new MemoryEngine(), project([service('web')]), {wait: true})).toContain('wait-running web.1')
  expect(await textOfUp(await running(shop, {wait: true}), shop, {wait: true})).toBe('')
})

test('an image that is newer than the container replaces it', async () => {
  const engine = await running(project([service('web')]))
  engine.images.set('host://', {id: 'sha256:new', reference: 'host://', hasHealthcheck: false})
  expect(await textOfUp(engine, project([service('web')]))).toContain('create-container web.1: image changed')
})

test('orphans are named, and removed when asked', async () => {
  const engine = await running(shop)
  const less = project([shop.services.db!])
  expect((await plannedUp(engine, less)).warnings).toEqual([
    'containers of services that the file does not have: shop-web-1; remove them with --remove-orphans',
  ])
  expect(await textOfUp(engine, less, {removeOrphans: true})).toMatchInlineSnapshot(`
    "#1 stop-container web.1: its service is not in the file
    #2 remove-container web.1: its service is not in the file after #1"
  `)
})

test('an external network must be there, and a foreign one of our name is used with a warning', async () => {
  const outside = project([service('web')], {networks: {default: network('default', {name: 'lan', external: true})}})
  const engine = new MemoryEngine()
  await expect(plannedUp(engine, outside)).rejects.toThrow('network "lan" is declared as external and does not exist')
  await engine.createNetwork({...network('default'), name: 'shop_default', labels: {}})
  const {warnings, steps} = await plannedUp(engine, project([service('web')]))
  expect(warnings).toEqual([
    'network "shop_default" exists but was not made for project "shop"; set "external: true" to use one that is there',
  ])
  expect(steps.some(each => each.operation.kind === 'create-network')).toBe(false)
})

test('the successor of a container keeps its anonymous volumes', async () => {
  const data = {mounts: [{type: 'volume' as const, target: '/data', readOnly: false, nocopy: false}]}
  const engine = await running(project([service('web', data)]))
  const before = (await engine.observe('shop')).containers[0]!.mountedVolumes
  await up(engine, project([service('web', {...data, hostname: 'other'})]))
  expect((await engine.observe('shop')).containers[0]!.mountedVolumes).toEqual(before)
  await up(engine, project([service('web', data)]), {renewAnonymousVolumes: true})
  expect((await engine.observe('shop')).containers[0]!.mountedVolumes).not.toEqual(before)
})

test('a volume that is declared is made before its container', async () => {
  const mounts = [{type: 'volume' as const, source: 'data', target: '/data', readOnly: false, nocopy: false}]
  const store = project([service('web', {mounts})], {volumes: {data: volume('data')}})
  expect(await textOfUp(new MemoryEngine(), store)).toContain('create-volume shop_data: missing')
})

test('services that wait for each other are named in their circle', async () => {
  const circle = project([service('a', {dependsOn: {b: dependsOn()}}), service('b', {dependsOn: {a: dependsOn()}})])
  await expect(plannedUp(new MemoryEngine(), circle)).rejects.toThrow('services wait for each other: a → b → a')
})

test('a container_name is for one container', async () => {
  const named = project([service('web', {containerName: 'the-web'})])
  await expect(plannedUp(new MemoryEngine(), named, {scale: {web: 2}})).rejects.toThrow(
    'it can have one container, not 2',
  )
  await expect(plannedUp(new MemoryEngine(), named, {scale: {wep: 2}})).rejects.toThrow('no such service: wep')
})

test('when the new container cannot be created the old one runs on', async () => {
  const engine = await running(project([service('web')]))
  await expect(up(engine, project([service('web', {networkMode: 'container:gone', networks: {}})]))).rejects.toThrow(
    'cannot create web.1',
  )
  expect((await engine.observe('shop')).containers.map(({name, status}) => [name, status])).toEqual([
    ['shop-web-1', 'running'],
  ])
})
