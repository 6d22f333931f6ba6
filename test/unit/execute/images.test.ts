import {expect, test} from 'vitest'
import {MemoryEngine} from '../../../src/engine/memory/engine.ts'
import {imagesToRefresh, presentImages} from '../../../src/execute/images.ts'
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
    ['web:1', {id, reference: 'web:1', hasHealthcheck: false}],
  ])
})

test('the newest is wanted of those that say so, or of all or none when asked', () => {
  expect(imagesToRefresh(services, undefined)).toEqual(['db:1'])
  expect(imagesToRefresh(services, 'always')).toEqual(['web:1', 'db:1'])
  expect(imagesToRefresh(services, 'missing')).toEqual([])
})
