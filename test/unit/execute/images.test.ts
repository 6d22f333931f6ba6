import {expect, test} from 'vitest'
import {MemoryEngine} from '../../../src/engine/memory/engine.ts'
import {imagesToRefresh, presentImages} from '../../../src/execute/images.ts'
import type {Service} from '../../../src/model/project.ts'
import {service} from '../../support/project.ts'

const services = [
  service('web', {image: 'web:1'}),
  service('other', {image: 'web:1'}),
  service('db', {image: 'db:1', pullPolicy: 'always'}),
]

test('images that are here are given by their reference, others are left out', async () => {
  const engine = new MemoryEngine()
  const {id} = await engine.ensureImage('web:1', 'missing')
  expect([...(await presentImages(engine, services))]).toEqual([
    ['web:1', {id, reference: 'web:1', hasHealthcheck: false, checkedAt: 0}],
  ])
})

const wanted = (pull?: 'always' | 'missing' | 'never', now = 0, more: readonly Service[] = []) =>
  imagesToRefresh([...services, ...more], {pull, images, now}).map(({image, mustSucceed}) => `${image} ${mustSucceed}`)
const images = new Map([
  ['old:1', {id: 'x', reference: 'old:1', hasHealthcheck: false, checkedAt: 0}],
  ['unknown:1', {id: 'y', reference: 'unknown:1', hasHealthcheck: false}],
])

test('the newest is wanted of those that say so, or of all or none when asked', () => {
  expect(wanted()).toEqual(['db:1 true'])
  expect(wanted('always')).toEqual(['web:1 true', 'db:1 true'])
  expect(wanted('missing')).toEqual([])
})

test('by age: what is here and was looked for too long ago, or nobody knows when', () => {
  const daily = ['old:1', 'unknown:1', 'absent:1'].map(image => service(image, {image, refreshAfter: 1000}))
  expect(wanted(undefined, 999, daily)).toEqual(['db:1 true', 'unknown:1 false'])
  expect(wanted(undefined, 1000, daily)).toEqual(['db:1 true', 'old:1 false', 'unknown:1 false'])
  expect(wanted('missing', 1000, daily)).toEqual([])
  expect(wanted('never', 1000, daily)).toEqual([])
})
