import {describe, expect, test} from 'vitest'
import {closureOf, edge, type Rules} from '../../../../../src/runtime/image/apt/closure.ts'
import {parseStanzas} from '../../../../../src/runtime/image/apt/stanza.ts'
import type {PackageChoice} from '../../../../../src/runtime/image/reference.ts'

const archive = parseStanzas(
  `
Package: server
Version: 2
Depends: tools (= 2), libc, debconf | debconf-2.0, awk

Package: tools
Version: 2
Depends: libc, liblz4 | liblz4-old, adduser

Package: libc
Version: 9

Package: liblz4-old
Version: 1

Package: mawk
Version: 1
Provides: awk

Package: gawk
Version: 1
Provides: awk

Package: adduser
Version: 3
Depends: perl

Package: perl
Version: 5

Package: debconf
Version: 1
Depends: perl

Package: circle
Version: 1
Depends: circle-too

Package: circle-too
Version: 1
Depends: circle
`.trim(),
)

const rules: Rules = {denied: new Set(['debconf', 'adduser']), cut: new Set()}
const names = (roots: PackageChoice[], with_: Rules = rules) =>
  closureOf(roots, archive, with_).packages.map(({name, version}) => `${name}=${version}`)

describe('the closure of packages', () => {
  test('has what they need, less what only installs packages', () => {
    expect(names([{name: 'server'}, {name: 'mawk'}])).toEqual([
      'libc=9',
      'liblz4-old=1',
      'mawk=1',
      'server=2',
      'tools=2',
    ])
  })

  test('has a denied package that is named, with all that it needs', () => {
    expect(names([{name: 'tools'}, {name: 'adduser'}])).toEqual([
      'adduser=3',
      'libc=9',
      'liblz4-old=1',
      'perl=5',
      'tools=2',
    ])
  })

  test('takes the first that provides a name when none is chosen', () => {
    expect(names([{name: 'server'}])).toContain('mawk=1')
  })

  test('takes what is chosen already before another that would do', () => {
    expect(names([{name: 'gawk'}, {name: 'server'}])).not.toContain('mawk=1')
  })

  test('leaves out a dependency that is cut from one package only', () => {
    expect(names([{name: 'server'}], {...rules, cut: new Set([edge('server', 'libc')])})).toContain('libc=9')
    expect(names([{name: 'circle'}], {...rules, cut: new Set([edge('circle', 'circle-too')])})).toEqual(['circle=1'])
  })

  test('ends in circles', () => {
    expect(names([{name: 'circle'}])).toEqual(['circle=1', 'circle-too=1'])
  })

  test('says what is not there, by the exact version where one was wanted', () => {
    expect(closureOf([{name: 'server', version: '1'}, {name: 'nonesuch'}], archive, rules).missing).toEqual([
      {name: 'server', version: '1'},
      {name: 'nonesuch'},
    ])
  })
})
