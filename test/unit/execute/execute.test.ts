import {expect, test} from 'vitest'
import {deferred} from '../../../src/base/deferred.ts'
import {execute, type Perform, type StepEvent} from '../../../src/execute/execute.ts'
import type {Operation, Step} from '../../../src/plan/step.ts'
import {StepList} from '../../../src/plan/step-list.ts'

const pull = (image: string): Operation => ({kind: 'ensure-image', image, policy: 'missing'})
const nameOf = ({operation}: Step): string => (operation.kind === 'ensure-image' ? operation.image : operation.kind)

/** a and b, c after both, d after a. */
function diamond() {
  const list = new StepList()
  const a = list.add(pull('a'), '')
  const b = list.add(pull('b'), '')
  list.add(pull('c'), '', {after: [a, b]})
  list.add(pull('d'), '', {after: [a]})
  return list.steps
}

function recorder() {
  const lines: string[] = []
  return {lines, report: ({step, phase}: StepEvent) => void lines.push(`${nameOf(step)} ${phase}`)}
}

const fine: Perform = async () => {}
const failing =
  (...names: string[]): Perform =>
  async step => {
    if (names.includes(nameOf(step))) throw new Error(`${nameOf(step)} fails`)
  }

test('a step starts when all before it are done', async () => {
  const {lines, report} = recorder()
  expect(await execute(diamond(), fine, {report})).toEqual([])
  const at = (line: string) => lines.indexOf(line)
  expect(lines).toHaveLength(8)
  expect(at('c started')).toBeGreaterThan(Math.max(at('a done'), at('b done')))
  expect(at('d started')).toBeGreaterThan(at('a done'))
  expect(at('b started')).toBeLessThan(at('a done'))
})

test('a failure stops what depends on it, and nothing else', async () => {
  const {lines, report} = recorder()
  const failures = await execute(diamond(), failing('b'), {report})
  expect(failures.map(({step, error}) => [nameOf(step), (error as Error).message])).toEqual([['b', 'b fails']])
  expect(lines).toContain('c skipped')
  expect(lines).toContain('d done')
})

test('a wait that only has to be over may fail', async () => {
  const list = new StepList()
  const a = list.add({kind: 'wait-healthy', container: {service: 'a', number: 1, name: 'a'}}, '')
  list.add(pull('b'), '', {settled: [a]})
  const events: StepEvent[] = []
  expect(await execute(list.steps, failing('wait-healthy'), {report: event => void events.push(event)})).toEqual([])
  expect(events.find(({phase}) => phase === 'failed')).toMatchObject({optional: true})
  expect(events.some(({step, phase}) => nameOf(step) === 'b' && phase === 'done')).toBe(true)
})

test('after an abort nothing starts, and what is under way ends', async () => {
  const controller = new AbortController()
  const {lines, report} = recorder()
  const perform: Perform = async (_, {signal}) => {
    controller.abort()
    expect(signal.aborted).toBe(true)
  }
  expect(await execute(diamond(), perform, {report, signal: controller.signal})).toEqual([])
  expect([...lines].sort()).toEqual(['a done', 'a started', 'b skipped', 'c skipped', 'd skipped'])
})

test('no more than so many steps are under way, and waits do not count', async () => {
  const list = new StepList()
  for (const name of ['a', 'b', 'c', 'd']) list.add(pull(name), '')
  const waited = deferred<void>()
  list.add({kind: 'wait-healthy', container: {service: 'web', number: 1, name: 'web'}}, '')
  let [now, most] = [0, 0]
  const perform: Perform = async step => {
    if (step.operation.kind === 'wait-healthy') return waited.promise
    now++
    most = Math.max(most, now)
    await new Promise(resolve => setImmediate(resolve))
    now--
    if (nameOf(step) === 'd') waited.resolve()
  }
  expect(await execute(list.steps, perform, {parallel: 2})).toEqual([])
  expect(most).toBe(2)
})

test('progress of a step is reported with it', async () => {
  const events: StepEvent[] = []
  const list = new StepList()
  const step = list.add(pull('a'), '')
  await execute(list.steps, async (_, {progress}) => progress('half'), {report: event => void events.push(event)})
  expect(events).toContainEqual({step, phase: 'progress', text: 'half'})
})
