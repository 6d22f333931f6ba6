import {expect, test} from 'vitest'
import {eventually, Workplace} from '../../support/stack.ts'

test('the smallest example answers on its port, from every replica, and goes without a trace', async () => {
  await using place = await Workplace.make('examples/hello')
  expect(await place.stack('up', '-d')).toMatchObject({code: 0})
  const say = async () => (await fetch('http://127.0.0.1:8081', {headers: {connection: 'close'}})).text()
  await eventually(async () => /^hello from [0-9a-f]{12}\n$/.test(await say()), {what: 'an answer'})
  expect(await place.stack('scale', 'web=3')).toMatchObject({code: 0})
  const seen = new Set<string>()
  await eventually(async () => seen.add(await say()).size === 3, {what: 'three replicas answering'})
  expect(await place.stack('down')).toMatchObject({code: 0})
  await expect(say()).rejects.toThrow()
})
