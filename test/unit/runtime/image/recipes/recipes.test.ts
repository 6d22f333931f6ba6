import {describe, expect, test} from 'vitest'
import {recipeFor} from '../../../../../src/runtime/image/recipes/recipes.ts'

const fitted = (...names: string[]) => {
  const packages = names.map(name => ({name}))
  return recipeFor(packages).fit(packages)
}

describe('the recipe of a reference', () => {
  test('a package that nobody knows starts a shell', () => {
    expect(fitted('figlet').config).toMatchObject({cmd: ['/bin/sh'], entrypoint: []})
  })

  test('is that of the first package that has one', () => {
    expect(fitted('figlet', 'redis-server', 'nginx').config.cmd).toEqual(['redis-server'])
  })

  test('a library of a known program does not make it that program', () => {
    expect(fitted('postgresql-common').config.cmd).toEqual(['/bin/sh'])
    expect(fitted('redis-tools').config.cmd).toEqual(['/bin/sh'])
  })

  test('postgresql has the programs of its version on PATH and stops fast', () => {
    const {config} = fitted('postgresql', 'postgresql-15', 'postgresql-client-15')
    expect(config.env?.find(each => each.startsWith('PATH='))).toMatch(/:\/usr\/lib\/postgresql\/15\/bin$/)
    expect(config).toMatchObject({stopSignal: 'SIGINT', volumes: ['/var/lib/postgresql/data']})
  })

  test('postgresql goes without JIT unless its library was named', () => {
    expect(fitted('postgresql-15').removed).toContain('usr/lib/postgresql/15/lib/llvmjit*')
    expect(fitted('postgresql-15', 'libllvm14').removed).toEqual([])
  })

  test('nothing of a recipe lies outside of the root or behind a link of the root', () => {
    for (const name of ['redis-server', 'postgresql-15', 'nginx', 'memcached', 'nodejs']) {
      const {files = [], directories = [], links = [], additions = []} = fitted(name)
      for (const {path} of [...files, ...directories, ...links, ...additions]) {
        expect(path).not.toMatch(/^\/|\.\.|^(bin|sbin|lib|lib64|var\/run|var\/lock)\//)
      }
    }
  })
})
