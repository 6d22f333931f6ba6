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
  const hub = 'docker.io'
  test.each([
    ['redis', 'redis:latest', hub, 'library/redis', 'redis'],
    ['redis:7', 'redis:7', hub, 'library/redis', 'redis'],
    ['library/redis:7-alpine', 'redis:7-alpine', hub, 'library/redis', 'redis'],
    ['docker.io/redis', 'redis:latest', hub, 'library/redis', 'redis'],
    ['index.docker.io/team/web', 'team/web:latest', hub, 'team/web', 'team/web'],
    ['docker.io/library/a/b', 'library/a/b:latest', hub, 'library/a/b', 'library/a/b'],
    ['localhost/web', 'localhost/web:latest', 'localhost', 'web', 'localhost/web'],
    [
      'localhost:5000/team/web:v1',
      'localhost:5000/team/web:v1',
      'localhost:5000',
      'team/web',
      'localhost:5000/team/web',
    ],
    ['[::1]:5000/web', '[::1]:5000/web:latest', '[::1]:5000', 'web', '[::1]:5000/web'],
    ['Host/web', 'Host/web:latest', 'Host', 'web', 'Host/web'],
    ['registry.test/a/b__c', 'registry.test/a/b__c:latest', 'registry.test', 'a/b__c', 'registry.test/a/b__c'],
  ])('%s', (text, kept, registry, path, repository) => {
    expect(parseReference(text)).toMatchObject({kind: 'docker', text: kept, registry, path, repository})
  })

  test('a digest needs no tag, and may have one', () => {
    expect(parseReference(`redis@${digest}`)).toEqual({
      kind: 'docker',
      text: `redis@${digest}`,
      registry: hub,
      path: 'library/redis',
      repository: 'redis',
      name: 'redis',
      digest,
    })
    expect(parseReference(`redis:7@${digest}`)).toMatchObject({text: `redis:7@${digest}`, tag: '7', digest})
  })

  test('what is kept means the same when it is read again', () => {
    for (const text of ['redis', 'docker.io/a/b', `localhost:5000/x:1@${digest}`, 'library/library/x']) {
      const read = parseReference(text)
      expect(parseReference(read.text)).toEqual(read)
    }
  })

  test.each([
    ['', 'it has no name'],
    ['Redis', '"Redis" has capital letters'],
    ['redis:', '"" is not a tag'],
    ['a//b', '"a//b" is not the name of a repository'],
    ['../etc', '"../etc" is not a host|".." is not a host'],
    ['redis:7 8', '"7 8" is not a tag'],
    [`redis:${'x'.repeat(129)}`, 'is not a tag'],
    ['a:b:c', '"b:c" is not a tag'],
    ['a@b', '"b" is not a digest'],
    ['redis@sha512:abcd', 'is not a digest'],
    [`redis@${digest}@${digest}`, 'it has two digests'],
    ['a'.repeat(64), 'an id, not a name'],
    ['a'.repeat(256), 'longer than 255'],
    ['host:99999/web', '99999 is not a port'],
    ['host:x/web', '"host:x" is not a host'],
    ['-a.b/web', '"-a.b" is not a host'],
  ])('"%s" is refused: %s', (text, why) => {
    expect(refusal(text).message).toMatch(
      new RegExp(`^image "${text.replace(/[.[\]]/g, '\\$&')}": not an image reference: .*(${why})`),
    )
    expect(refusal(text).hint).toBeDefined()
  })
})
