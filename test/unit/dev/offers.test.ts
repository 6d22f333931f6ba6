import {expect, test} from 'vitest'
import {offersFor} from '../../../src/dev/offers.ts'
import type {Mount, Service} from '../../../src/model/project.ts'
import {service} from '../../support/project.ts'

const bind = (source: string, target: string): Mount => ({
  type: 'bind',
  source,
  target,
  readOnly: false,
  createHostPath: true,
})
const directories: Readonly<Record<string, readonly string[]>> = {
  '/shop/web': ['package.json', 'src'],
  '/shop/api': ['app.py', 'README.md'],
  '/shop/data': ['dump.sql'],
  '/elsewhere': ['package.json'],
}
const surroundings = {directory: '/shop', names: (directory: string) => directories[directory] ?? []}
const offered = (more: Partial<Service>) => offersFor(service('web', more), surroundings)

test('a mounted source of a program is offered a restart, without what the language leaves beside it', () => {
  expect(offered({mounts: [bind('/shop/web', '/app')], command: ['node', '/app/index.js']})).toEqual([
    {
      service: 'web',
      language: 'Node',
      source: '/shop/web',
      target: '/app',
      rule: {action: 'restart', path: './web', ignore: ['**/node_modules', '**/*.log']},
    },
  ])
  expect(offered({mounts: [bind('/shop/data', '/data'), bind('/shop/api', '/api')]})).toMatchObject([
    {language: 'Python', rule: {path: './api'}},
  ])
})

test.each<readonly [why: string, more: Partial<Service>]>([
  ['it has rules', {watch: []}],
  ['no source of a program is mounted into it', {}],
  ['no source of a program is mounted into it', {mounts: [bind('/shop/data', '/data'), bind('/elsewhere', '/app')]}],
  [
    'its program loads web anew by itself ("--watch")',
    {mounts: [bind('/shop/web', '/app')], command: ['node', '--watch', '/app/index.js']},
  ],
  [
    'its program loads api anew by itself ("--reload")',
    {mounts: [bind('/shop/api', '/app')], entrypoint: ['uvicorn'], command: ['app:app', '--reload']},
  ],
])('nothing is offered: %s', (why, more) => {
  expect(offered(more)).toEqual([{service: 'web', why}])
})
