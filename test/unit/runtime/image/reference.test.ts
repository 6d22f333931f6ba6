import {describe, expect, test} from 'vitest'
import {StackError} from '../../../../src/base/error.ts'
import {parseReference} from '../../../../src/runtime/image/reference.ts'

const refusal = (text: string): StackError => {
  try {
    parseReference(text)
  } catch (error) {
    if (error instanceof StackError) return error
  }
  throw new Error(`"${text}" was taken`)
}

describe('a reference with a scheme', () => {
  test('host:// is the host and nothing more', () => {
    expect(parseReference(' host:// ')).toEqual({kind: 'host', text: 'host://'})
    expect(refusal('host://redis').hint).toContain('apt://redis')
  })

  test('apt:// names packages, in a version if it likes', () => {
    expect(parseReference('apt://postgresql-15, libllvm14=1:14.0.6-12~deb12u1')).toEqual({
      kind: 'apt',
      text: 'apt://postgresql-15,libllvm14=1:14.0.6-12~deb12u1',
      packages: [{name: 'postgresql-15'}, {name: 'libllvm14', version: '1:14.0.6-12~deb12u1'}],
    })
  })

  test.each([
    ['apt://', '"" is not a package name'],
    ['apt://redis,', '"" is not a package name'],
    ['apt://Redis', '"Redis" is not a package name'],
    ['apt://-o=Dir::Etc=/tmp', '"-o" is not a package name'],
    ['apt://redis=', '"" is not a package version'],
    ['apt://redis=1=2', '"1=2" is not a package version'],
    ['apt://redis,redis', 'package "redis" is named twice'],
    ['ftp://x', 'unknown scheme "ftp"'],
    ['oci-layout://images/x', 'oci-layout:// takes an absolute path'],
  ])('%s is refused: %s', (text, message) => {
    expect(refusal(text).message).toBe(`image "${text}": ${message}`)
    expect(refusal(text).code).toBe('image-not-found')
  })

  test('files are named by their path', () => {
    expect(parseReference('docker-archive:///srv/a.tar')).toMatchObject({kind: 'docker-archive', path: '/srv/a.tar'})
    expect(parseReference('oci-layout:///srv/a')).toMatchObject({kind: 'oci-layout', path: '/srv/a'})
  })
})

describe('a reference of Docker', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  test.each([
    ['redis', 'redis', 'redis', 'latest'],
    ['redis:7', 'redis', 'redis', '7'],
    ['library/redis:7-alpine', 'library/redis', 'redis', '7-alpine'],
    ['localhost:5000/team/web:v1', 'localhost:5000/team/web', 'web', 'v1'],
    ['ghcr.io/a/b__c', 'ghcr.io/a/b__c', 'b__c', 'latest'],
    [`redis@${digest}`, 'redis', 'redis', digest],
    [`redis:7@${digest}`, 'redis', 'redis', '7'],
  ])('%s', (text, repository, name, tag) => {
    expect(parseReference(text)).toEqual({kind: 'docker', text, repository, name, tag})
  })

  test.each(['', 'Redis', 'redis:', 'a//b', '../etc', 'redis:7 8', 'a:b:c', 'a@b', `redis@${digest}@${digest}`])(
    '"%s" is refused',
    text => {
      expect(refusal(text).message).toContain('not an image reference')
    },
  )
})
