import {expect, test} from 'vitest'
import type {ActualContainer} from '../../../src/engine/engine.ts'
import type {MemoryEngine} from '../../../src/engine/memory/engine.ts'
import {Conditions, judge} from '../../../src/execute/conditions.ts'
import {project, service} from '../../support/project.ts'
import {running} from '../plan/machine.ts'

const container = (more: Partial<ActualContainer>) =>
  ({status: 'running', health: 'none', exitCode: 0, ...more}) as ActualContainer

test.each([
  ['wait-running', {}, 'reached'],
  ['wait-running', {health: 'starting'}, 'not yet'],
  ['wait-running', {status: 'exited', exitCode: 0}, 'reached'],
  ['wait-running', {status: 'exited', exitCode: 1}, {failed: 'exited (1)'}],
  ['wait-healthy', {health: 'healthy'}, 'reached'],
  ['wait-healthy', {health: 'unhealthy'}, {failed: 'is unhealthy'}],
  ['wait-healthy', {}, {failed: 'has no health check, so that it cannot become healthy'}],
  ['wait-healthy', {status: 'restarting', exitCode: 1}, 'not yet'],
  ['wait-completed', {}, 'not yet'],
  ['wait-completed', {status: 'exited', exitCode: 0}, 'reached'],
  ['wait-completed', {status: 'exited', exitCode: 2}, {failed: 'did not complete: exited (2)'}],
] as const)('%s of %o is %o', (condition, more, verdict) => {
  expect(judge(condition, container(more))).toEqual(verdict)
})

test('a container that is gone fails every wait', () => {
  expect(judge('wait-running', undefined)).toEqual({failed: 'is gone'})
})

async function started(): Promise<{engine: MemoryEngine; id: string; conditions: Conditions}> {
  const engine = await running(project([service('db')]))
  const [db] = (await engine.observe('shop')).containers
  return {engine, id: db!.id, conditions: new Conditions(engine, 'shop')}
}

test('a wait ends at the event that makes it true', async () => {
  const {engine, id, conditions} = await started()
  engine.probed(id, 'starting')
  const waiting = conditions.reached('wait-healthy', {id, name: 'db'}, new AbortController().signal)
  await new Promise(resolve => setImmediate(resolve))
  engine.probed(id, 'healthy')
  await expect(waiting).resolves.toBeUndefined()
})

test('a wait fails at the event after which it cannot come true', async () => {
  const {engine, id, conditions} = await started()
  const waiting = conditions.reached('wait-completed', {id, name: 'db'}, new AbortController().signal)
  engine.exit(id, 3)
  await expect(waiting).rejects.toMatchObject({
    code: 'dependency-failed',
    message: 'container db did not complete: exited (3)',
  })
})

test('an interrupted wait is cancelled', async () => {
  const {id, conditions} = await started()
  const controller = new AbortController()
  const waiting = conditions.reached('wait-completed', {id, name: 'db'}, controller.signal)
  controller.abort()
  await expect(waiting).rejects.toMatchObject({code: 'cancelled'})
  await expect(conditions.reached('wait-completed', {id, name: 'db'}, controller.signal)).rejects.toMatchObject({
    code: 'cancelled',
  })
})
