import {expect, test} from 'vitest'
import {checkWishes, leavingContainers, portWishes} from '../../../src/plan/ports.ts'
import {project, service} from '../../support/project.ts'
import {plannedUp, running} from './machine.ts'

const port = (published: string, hostIp?: string) => ({
  target: 80,
  published,
  protocol: 'tcp' as const,
  ...(hostIp === undefined ? {} : {hostIp}),
})
const shop = (published: string, scale = 1) => project([service('web', {ports: [port(published)], scale})])
const taken = (...numbers: number[]) =>
  numbers.map(number => ({hostIp: '', port: number, protocol: 'tcp' as const, problem: `port ${number} is taken by x`}))

test('only containers that are started want ports, and those that are replaced give theirs back', async () => {
  const engine = await running(shop('8080'))
  const wishes = async (wanted: ReturnType<typeof shop>) => {
    const {steps} = await plannedUp(engine, wanted)
    return {ports: portWishes(wanted, steps).flatMap(each => each.ports), leaving: leavingContainers(steps).length}
  }
  expect(await wishes(shop('8080'))).toEqual({ports: [], leaving: 0})
  expect(await wishes(shop('8081'))).toMatchObject({ports: [{service: 'web', port: 8081, isShared: true}], leaving: 2})
  expect((await wishes(shop('8000-8003', 2))).ports.map(each => each.port)).toEqual([8000, 8001, 8002, 8003])
})

test('a port that is taken is an error; a range needs as many free ones as there are containers', async () => {
  const wishes = async (published: string, scale = 1) => {
    const wanted = shop(published, scale)
    const {steps} = await plannedUp(await running(project([])), wanted)
    return portWishes(wanted, steps)
  }
  expect(() => checkWishes([], taken(8080))).not.toThrow()
  const single = await wishes('8080', 3)
  expect(() => checkWishes(single, taken(8081))).not.toThrow()
  expect(() => checkWishes(single, taken(8080))).toThrow('web: port 8080 is taken by x')
  const range = await wishes('8000-8002', 2)
  expect(() => checkWishes(range, taken(8001))).not.toThrow()
  expect(() => checkWishes(range, taken(8000, 8002))).toThrow(
    'web: 2 containers want a port of 8000-8002 each, and 1 of them are free: port 8000 is taken by x',
  )
  expect(await wishes(''), 'any free one').toEqual([])
})
