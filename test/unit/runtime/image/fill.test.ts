import {expect, test} from 'vitest'
import {deferred} from '../../../../src/base/deferred.ts'
import {type Below, fillLayers} from '../../../../src/runtime/image/fill.ts'

/** Layers that end when they are told to, and what happened. */
function layersOf(...ids: string[]) {
  const events: string[] = []
  const ends = new Map(ids.map(id => [id, deferred<void>()]))
  const layer = (id: string, before?: (below: Below) => Promise<unknown>) => ({
    id,
    directory: `/${id}`,
    isMade: false,
    async fill(_directory: string, below: Below) {
      events.push(`${id} begins`)
      if (before !== undefined) events.push(`${id} sees ${await before(below)}`)
      await ends.get(id)!.promise
      events.push(`${id} ends`)
    },
  })
  const end = (id: string) => ends.get(id)!.resolve()
  const fail = (id: string) => ends.get(id)!.reject(new Error(`${id} is damaged`))
  return {events, layer, end, fail}
}

const settled = () => new Promise(resolve => setImmediate(resolve))

test('two at a time, lowest first', async () => {
  const {events, layer, end} = layersOf('a', 'b', 'c')
  const all = fillLayers([layer('a'), layer('b'), layer('c')])
  await settled()
  expect(events).toEqual(['a begins', 'b begins'])
  end('b')
  await settled()
  expect(events.slice(2)).toEqual(['b ends', 'c begins'])
  end('a')
  end('c')
  await all
})

test('what is below is given when it is whole, uppermost first; what was made before is not filled', async () => {
  const {events, layer, end} = layersOf('a', 'b', 'c')
  const made = {...layer('b'), isMade: true}
  const all = fillLayers([layer('a'), made, layer('c', async below => (await below()).join(' '))])
  await settled()
  expect(events).toEqual(['a begins', 'c begins'])
  end('a')
  await settled()
  expect(events.slice(2)).toEqual(['a ends', 'c sees /b /a'])
  end('c')
  await all
})

test('the first failure is told when those have ended that had begun, and no other begins', async () => {
  const {events, layer, end, fail} = layersOf('a', 'b', 'c')
  let told = ''
  const all = fillLayers([layer('a'), layer('b'), layer('c')]).catch(error => {
    told = error.message
  })
  await settled()
  fail('a')
  await settled()
  expect(told).toBe('')
  end('b')
  await all
  expect(told).toBe('a is damaged')
  expect(events).toEqual(['a begins', 'b begins', 'b ends'])
})

test('nobody waits for a layer that failed', async () => {
  const {layer, fail} = layersOf('a', 'b')
  const all = fillLayers([layer('a'), layer('b', below => below())])
  await settled()
  fail('a')
  await expect(all).rejects.toThrow('a is damaged')
})
