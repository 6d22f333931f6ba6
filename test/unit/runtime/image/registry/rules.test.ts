import {describe, expect, test} from 'vitest'
import {isFor, parsePlatform, platformText, runs} from '../../../../../src/base/platform.ts'
import type {Descriptor} from '../../../../../src/model/oci.ts'
import {parseChallenges} from '../../../../../src/runtime/image/registry/challenge.ts'
import {retryAfter} from '../../../../../src/runtime/image/registry/failure.ts'
import {isLoopback} from '../../../../../src/runtime/image/registry/hosts.ts'
import {choosePlatform} from '../../../../../src/runtime/image/registry/platform.ts'
import {proxyFor} from '../../../../../src/runtime/image/registry/proxy.ts'
import {ordinaryPatience, pause} from '../../../../../src/runtime/image/registry/retry.ts'

describe('a challenge', () => {
  const bearer = {scheme: 'bearer', realm: 'https://a.test/token', service: 'a, b', scopes: ['repository:x:pull']}
  test.each([
    ['Basic realm="x"', [{scheme: 'basic'}]],
    ['basic', [{scheme: 'basic'}]],
    ['Bearer realm="https://a.test/token",service="a, b",scope="repository:x:pull"', [bearer]],
    ['bearer realm="https://a.test/token" , service="a, b",  scope="repository:x:pull"', [bearer]],
    [
      'Basic realm="x", Bearer realm="https://a.test/token",service="a, b",scope="repository:x:pull"',
      [bearer, {scheme: 'basic'}],
    ],
    ['Bearer realm=https,scope="a:b:c d:e:f"', [{scheme: 'bearer', realm: 'https', scopes: ['a:b:c', 'd:e:f']}]],
    ['Bearer realm="a\\"b"', [{scheme: 'bearer', realm: 'a"b', scopes: []}]],
    ['Bearer service="x"', []],
    ['Negotiate, Digest qop="auth"', []],
    ['', []],
    ['"', []],
  ])('%s', (header, challenges) => {
    expect(parseChallenges(header)).toEqual(challenges)
  })
})

describe('a platform', () => {
  const offer = (...platforms: string[]): Descriptor[] =>
    platforms.map((text, size) => ({mediaType: 'x', digest: text, size, platform: parsePlatform(text)!}))

  test.each([
    ['linux/amd64', ['linux/386', 'linux/amd64'], 'linux/amd64'],
    ['linux/amd64', ['linux/amd64/v3', 'linux/amd64/v1'], 'linux/amd64/v1'],
    ['linux/amd64/v3', ['linux/amd64', 'linux/amd64/v2', 'linux/amd64/v4'], 'linux/amd64/v2'],
    ['linux/arm64', ['linux/arm/v7', 'linux/arm64/v8'], 'linux/arm64/v8'],
    ['linux/arm64/v8', ['linux/arm64'], 'linux/arm64'],
    ['linux/arm/v7', ['linux/arm/v5', 'linux/arm/v6', 'linux/arm/v8'], 'linux/arm/v6'],
    ['linux/arm/v6', ['linux/arm/v7', 'linux/arm'], undefined],
    ['linux/arm', ['linux/arm/v7'], 'linux/arm/v7'],
    ['linux/amd64', ['windows/amd64', 'linux/arm64'], undefined],
    ['linux/riscv64', ['linux/riscv64'], 'linux/riscv64'],
    ['linux/s390x/z15', ['linux/s390x'], undefined],
    ['linux/amd64', ['unknown/unknown'], undefined],
  ])('%s of %j takes %s', (wanted, offered, taken) => {
    expect(choosePlatform(offer(...offered), parsePlatform(wanted)!)[0]?.digest).toBe(taken)
  })

  test('attestations are no images', () => {
    const annotations = {'vnd.docker.reference.type': 'attestation-manifest'}
    const [amd64] = offer('linux/amd64')
    expect(choosePlatform([{...amd64!, annotations}], amd64!.platform!)).toEqual([])
  })

  test.each([
    ['linux/aarch64', 'linux/arm64'],
    ['x86_64', 'linux/amd64'],
    ['linux', 'linux/amd64'],
    ['Linux/ARM/v7', 'linux/arm/v7'],
  ])('%s is %s', (text, meant) => {
    expect(platformText(parsePlatform(text, {os: 'linux', architecture: 'amd64'})!)).toBe(meant)
  })

  test.each(['', 'a/b/c/d', 'linux//v7', 'linux/a b'])('"%s" is none', text => {
    expect(parsePlatform(text)).toBeUndefined()
  })
})

describe('a proxy', () => {
  const named = {HTTPS_PROXY: 'http://secure.test:3128', http_proxy: 'plain.test:80'}
  const of = (url: string, NO_PROXY = '') => proxyFor(new URL(url), {...named, NO_PROXY})?.hostname

  test.each<[string, string, string | undefined]>([
    ['https://a.test', '', 'secure.test'],
    ['http://a.test', '', 'plain.test'],
    ['https://127.0.0.1:5000', '', undefined],
    ['https://localhost', '', undefined],
    ['https://[::1]:5000', '', undefined],
    ['https://a.test', '*', undefined],
    ['https://a.test', 'b.test, A.test', undefined],
    ['https://x.a.test', 'a.test', undefined],
    ['https://xa.test', 'a.test', 'secure.test'],
    ['https://a.test', '.a.test', 'secure.test'],
    ['https://x.a.test', '*.a.test', undefined],
    ['https://a.test:5000', 'a.test:5000', undefined],
    ['https://a.test', 'a.test:5000', 'secure.test'],
    ['https://a.test', 'a.test:443', undefined],
    ['https://10.1.2.3', '10.0.0.0/8', undefined],
    ['https://11.1.2.3', '10.0.0.0/8', 'secure.test'],
    ['https://[fd00::1]', 'fd00::/8', undefined],
    ['https://[fd00::1]:443', 'fd00::1', undefined],
    ['https://10.1.2.3', '10.0.0.0/99', 'secure.test'],
  ])('for %s, NO_PROXY=%s: %s', (url, exempt, proxy) => {
    expect(of(url, exempt)).toBe(proxy)
  })

  test('of another protocol is an error', () => {
    expect(() => proxyFor(new URL('https://a.test'), {HTTPS_PROXY: 'socks5://x'})).toThrow(
      'HTTPS_PROXY is not the address',
    )
  })
})

test.each([
  ['localhost:5000', true],
  ['127.9.9.9', true],
  ['[::1]:80', true],
  ['localhost.example.test', false],
  ['127.0.0.1.example.test', false],
  ['0.0.0.0', false],
])('%s is loopback: %s', (host, is) => {
  expect(isLoopback(host)).toBe(is)
})

test('pauses grow, within bounds, and heed what is asked for', () => {
  const at = (failures: number, wait?: number) => pause(ordinaryPatience, failures, wait, 1)
  expect([1, 2, 3, 4, 5].map(each => at(each))).toEqual([500, 1000, 2000, 4000, undefined])
  expect(at(1, 3000)).toBe(3000)
  expect(at(1, 61_000)).toBeUndefined()
  expect(pause(ordinaryPatience, 1, undefined, 0)).toBe(250)
})

test.each([
  ['7', 7000],
  ['Wed, 21 Oct 2026 07:28:10 GMT', 10_000],
  ['Wed, 21 Oct 2020 07:28:10 GMT', 0],
  ['soon', undefined],
  [undefined, undefined],
])('Retry-After: %s', (header, milliseconds) => {
  expect(retryAfter(header, Date.parse('2026-10-21T07:28:00Z'))).toBe(milliseconds)
})

test.each([
  ['linux/amd64', 'linux/amd64', true],
  ['linux/amd64', 'linux/x86_64', true],
  ['linux/amd64', 'linux/amd64/v3', true],
  ['linux/amd64', 'linux/386', true],
  ['linux/386', 'linux/amd64', false],
  ['linux/arm64', 'linux/arm/v7', true],
  ['linux/amd64', 'linux/arm64', false],
  ['linux/amd64', 'windows/amd64', false],
])('a machine %s runs %s: %j', (machine, wanted, expected) => {
  expect(runs(parsePlatform(machine)!, parsePlatform(wanted)!)).toBe(expected)
})

test('an image is for a platform, or nobody asked for one', () => {
  expect(isFor('linux/amd64', undefined)).toBe(true)
  expect(isFor(undefined, 'linux/386')).toBe(true)
  expect(isFor('linux/amd64', 'linux/386')).toBe(false)
  expect(isFor('linux/arm/v6', 'linux/arm/v7')).toBe(true)
})
