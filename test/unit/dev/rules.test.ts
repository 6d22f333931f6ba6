import {describe, expect, test} from 'vitest'
import {mountOf, type Rule, rulesOf, targetOf} from '../../../src/dev/rules.ts'
import type {WatchRule} from '../../../src/model/project.ts'
import {service} from '../../support/project.ts'

const rule = (more: Partial<WatchRule> = {}): WatchRule => ({
  action: 'sync',
  path: '/home/shop',
  target: '/app',
  ignore: [],
  include: [],
  initialSync: false,
  ...more,
})
const compiled = (more: Partial<WatchRule> = {}, files: readonly string[] = [], dockerignore = ''): Rule =>
  rulesOf([service('web', {watch: [rule(more)]})], {
    isFile: path => files.includes(path),
    dockerignore: () => dockerignore,
  })[0]!

describe('which paths are a rule’s', () => {
  const wanted = (made: Rule, ...paths: string[]) => paths.filter(path => made.isWanted(`/home/shop/${path}`))

  test('all below its own, except for what editors and git leave', () => {
    const all = ['a', 'b/c', 'b/.c.swp', 'a~', '4913', '.git/HEAD', 'b/.#c', '#c#']
    expect(wanted(compiled(), ...all)).toEqual(['a', 'b/c'])
    expect(compiled().isWanted('/home/shopping')).toBe(false)
  })

  test('ignore wins over include; exceptions and leading slashes are as in .dockerignore', () => {
    const made = compiled({include: ['**/*.js', 'lib'], ignore: ['./out', '**/*.test.js', '!keep.test.js']})
    expect(wanted(made, 'a.js', 'lib/x.c', 'out/a.js', 'b.test.js', 'keep.test.js', 'x.c')).toEqual([
      'a.js',
      'lib/x.c',
      'keep.test.js',
    ])
  })

  test('.dockerignore of the build context is heeded, its patterns relative to that', () => {
    const made = compiled({path: '/home/shop/src', context: '/home/shop'}, [], '# comment\nsrc/gen\nnode_modules\n')
    expect(wanted(made, 'src/a', 'src/gen/a', 'node_modules/a')).toEqual(['src/a'])
  })

  test('a rule for one file', () => {
    const made = compiled({path: '/home/shop/a.txt', target: '/etc/a', include: ['*.txt']}, ['/home/shop/a.txt'])
    expect(wanted(made, 'a.txt', 'b.txt')).toEqual(['a.txt'])
    expect(targetOf(made, '/home/shop/a.txt')).toBe('/etc/a')
  })

  test('directories that nothing below is wanted of need not be looked into', () => {
    expect(compiled({ignore: ['node_modules']}).isClosed('/home/shop/node_modules')).toBe(true)
    expect(compiled({ignore: ['node_modules', '!node_modules/own']}).isClosed('/home/shop/node_modules')).toBe(false)
    expect(compiled().isClosed('/home')).toBe(false)
    expect(compiled().isClosed('/etc')).toBe(true)
  })
})

test('where a path goes, and a bind mount that shows it already', () => {
  expect(targetOf(rule(), '/home/shop/a/b')).toBe('/app/a/b')
  expect(targetOf(rule({target: '/'}), '/home/shop/a')).toBe('/a')
  const bind = {type: 'bind', source: '/home', target: '/app', readOnly: false, createHostPath: true} as const
  expect(mountOf(rule({target: '/app/shop'}), service('web', {mounts: [bind]}))).toBe('/app')
  expect(mountOf(rule({target: '/other'}), service('web', {mounts: [bind]}))).toBeUndefined()
})
