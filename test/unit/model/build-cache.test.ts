import {expect, test} from 'vitest'
import {cacheDirectory, cacheSource, cacheTarget, withDirectory} from '../../../src/model/build-cache.ts'
import {cacheConfig, readCacheMap, readStep, stepsKey} from '../../../src/model/cache-map.ts'

test('where steps are taken from', () => {
  expect(cacheSource('host:5000/web:cache')).toEqual({kind: 'registry', reference: 'host:5000/web:cache'})
  expect(cacheSource('type=registry,ref=web')).toEqual({kind: 'registry', reference: 'web'})
  expect(cacheSource('type=local,src=/a')).toEqual({kind: 'directory', path: '/a'})
  expect(cacheSource('type=registry')).toMatchObject({problem: 'type=registry needs ref=NAME'})
  expect(cacheSource('type=local')).toMatchObject({problem: 'type=local needs a directory'})
  expect(cacheSource('type=gha,scope=x')).toMatchObject({isForeign: true})
  expect(cacheSource('type=inline')).toMatchObject({isForeign: true})
  expect(cacheSource('')).toHaveProperty('problem')
})

test('where steps are kept', () => {
  const registry = {kind: 'registry', reference: 'web:c'}
  expect(cacheTarget('web:c')).toEqual({...registry, mode: 'min', ignoreError: false})
  expect(cacheTarget('type=registry, ref=web:c, mode=max, ignore-error=true')).toEqual({
    ...registry,
    mode: 'max',
    ignoreError: true,
  })
  expect(cacheTarget('type=inline')).toEqual({kind: 'inline'})
  expect(cacheTarget('type=local,dest=/a,mode=max')).toMatchObject({kind: 'directory', path: '/a', mode: 'max'})
  expect(cacheTarget('type=registry,ref=a,mode=most')).toEqual({problem: 'mode "most" is neither min nor max'})
  expect(cacheTarget('type=registry,ref=a,ignore-error=maybe')).toHaveProperty('problem')
  expect(cacheTarget('type=s3,bucket=a')).toMatchObject({isForeign: true})
})

test('caches of directories', () => {
  expect(cacheDirectory('type=local,src=./a')).toBe('./a')
  expect(cacheDirectory('type=local,mode=max,dest=b')).toBe('b')
  for (const other of ['name:tag', 'type=registry,ref=a', 'type=local', 'type=local,src=']) {
    expect(cacheDirectory(other)).toBe(undefined)
  }
  expect(withDirectory('type=local,mode=max,dest=b', '/x/b')).toBe('type=local,mode=max,dest=/x/b')
})

const [key, diffId] = ['a'.repeat(64), `sha256:${'b'.repeat(64)}`]
const step = {once: ['c'.repeat(64)], layers: [{target: '/', diffId}]}

test('what is told of steps is read again', () => {
  const map = {steps: new Map([[key, step]]), diffIds: [diffId]}
  expect(readCacheMap(JSON.parse(JSON.stringify(cacheConfig(map))))).toEqual(map)
})

test('of what a stranger tells of steps, what is malformed is left out', () => {
  for (const nothing of [null, 7, 'text', [], {}, {[stepsKey]: null}, {[stepsKey]: 'x'}]) {
    expect(readCacheMap(nothing)).toBe(undefined)
  }
  const odd: unknown = {[stepsKey]: {short: step, [key]: {layers: {}}}, rootfs: {diff_ids: [7, diffId]}}
  expect(readCacheMap(odd)).toEqual({steps: new Map(), diffIds: ['', diffId]})
  for (const malformed of [
    undefined,
    {},
    {layers: [7]},
    {layers: [{target: '/', diffId: 'sha256:../../x'}]},
    {layers: [{target: 1, diffId}]},
    {layers: [...step.layers, ...step.layers]},
    {once: 'x', layers: []},
    {once: ['../x'], layers: []},
  ])
    expect(readStep(malformed), JSON.stringify(malformed)).toBe(undefined)
  expect(readStep({layers: []})).toEqual({layers: []})
})
