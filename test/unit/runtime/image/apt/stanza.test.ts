import {expect, test} from 'vitest'
import {parseStanzas} from '../../../../../src/runtime/image/apt/stanza.ts'

test('reads names, versions, dependencies and sums of what apt-cache shows', () => {
  const text = `Package: web
Version: 2:1.0-1
Architecture: amd64
Description: one line
 and another: with a colon
Depends: libc6 (>= 2.34), tools (= 2:1.0-1), python3:any | perl
Pre-Depends: dash
Provides: httpd, web-abi (= 3)
Size: 73908
SHA256: abc

Package: tools
Version: 2:1.0-1
Architecture: all
Size: 12
`
  expect(parseStanzas(text)).toEqual([
    {
      name: 'web',
      version: '2:1.0-1',
      architecture: 'amd64',
      depends: [
        [{name: 'dash'}],
        [{name: 'libc6'}],
        [{name: 'tools', exactVersion: '2:1.0-1'}],
        [{name: 'python3'}, {name: 'perl'}],
      ],
      provides: ['httpd', 'web-abi'],
      size: 73908,
      sha256: 'abc',
    },
    {name: 'tools', version: '2:1.0-1', architecture: 'all', depends: [], provides: [], size: 12, sha256: ''},
  ])
})
