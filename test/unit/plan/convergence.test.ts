import fc from 'fast-check'
import {expect, test} from 'vitest'
import {MemoryEngine} from '../../../src/engine/memory/engine.ts'
import type {Project, Service} from '../../../src/model/project.ts'
import {planDown} from '../../../src/plan/down.ts'
import {dependsOn, project, service} from '../../support/project.ts'
import {carryOut, plannedUp, up} from './machine.ts'

const names = ['a', 'b', 'c', 'd', 'e']
const probed = {disable: false, test: ['CMD', 'true']}

/** A service may depend on those before it only, so that there are no circles. */
const serviceAt = (index: number): fc.Arbitrary<Service> =>
  fc
    .record({
      scale: fc.integer({min: 0, max: 3}),
      hostname: fc.constantFrom('one', 'two'),
      needs: fc.subarray(names.slice(0, index)),
      restart: fc.boolean(),
      shares: fc.boolean(),
    })
    .map(({scale, hostname, needs, restart, shares}) =>
      service(names[index]!, {
        ...{scale, hostname, healthcheck: probed},
        dependsOn: Object.fromEntries(needs.map(name => [name, dependsOn('service_healthy', {restart})])),
        ...(shares && needs[0] !== undefined && scale > 0
          ? {networkMode: `service:${needs[0]}` as const, networks: {}}
          : {}),
      }),
    )

const anyProject: fc.Arbitrary<Project> = fc
  .tuple(...names.map((_, index) => serviceAt(index)))
  .map(services =>
    project(
      services.map(each => ({...each, scale: isParent(each.name, services) ? Math.max(1, each.scale) : each.scale})),
    ),
  )

const isParent = (name: string, services: readonly Service[]) =>
  services.some(({networkMode}) => networkMode === `service:${name}`)

test('whatever ran before: after an up everything is as wanted, and a second one has nothing to do', async () => {
  await fc.assert(
    fc.asyncProperty(anyProject, anyProject, async (before, after) => {
      const engine = new MemoryEngine()
      await up(engine, before)
      await up(engine, after)
      expect((await plannedUp(engine, after)).steps).toEqual([])
      const {containers} = await engine.observe('shop')
      for (const {name, scale} of Object.values(after.services)) {
        const own = containers.filter(each => each.service === name)
        expect(own).toHaveLength(scale)
        expect(own.every(({status}) => status === 'running')).toBe(true)
        expect(own.map(each => each.name).sort()).toEqual(own.map(each => `shop-${name}-${each.number}`).sort())
      }
    }),
    {numRuns: 60},
  )
})

test('whatever runs: a down leaves nothing', async () => {
  await fc.assert(
    fc.asyncProperty(anyProject, async each => {
      const engine = new MemoryEngine()
      await up(engine, each)
      await carryOut(engine, 'shop', planDown({name: 'shop', project: each}, await engine.observe('shop')))
      expect(await engine.observe('shop')).toEqual({containers: [], networks: [], volumes: []})
    }),
    {numRuns: 30},
  )
})

test('wherever a replacement was broken off, the next up finishes it', async () => {
  const before = project([service('app', {networkMode: 'service:web', networks: {}}), service('web', {scale: 2})])
  const changes = ['one', 'two'].map(hostname =>
    project([service('app', {networkMode: 'service:web', networks: {}}), service('web', {scale: 2, hostname})]),
  )
  const engineBefore = async () => {
    const engine = new MemoryEngine()
    await up(engine, before)
    return engine
  }
  const length = (await plannedUp(await engineBefore(), changes[0]!)).steps.length
  for (let broken = 0; broken < length; broken++) {
    for (const after of changes) {
      const engine = await engineBefore()
      const {steps, warnings} = await plannedUp(engine, changes[0]!)
      await carryOut(engine, 'shop', {steps: steps.slice(0, broken), warnings})
      await up(engine, after)
      expect((await plannedUp(engine, after)).steps).toEqual([])
      const {containers} = await engine.observe('shop')
      expect(containers.map(({name}) => name).sort()).toEqual(['shop-app-1', 'shop-web-1', 'shop-web-2'])
      expect(containers.every(({status}) => status === 'running')).toBe(true)
    }
  }
})
