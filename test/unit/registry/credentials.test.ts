import {chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {credentialsOfHeader} from '../../../src/registry/auth.ts'
import {credentialsOfFiles, loginOf} from '../../../src/registry/credentials.ts'
import {failure} from '../../support/registry-client.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'stack-home-'))
})
afterEach(() => rmSync(home, {recursive: true}))

const base64 = (text: string) => Buffer.from(text).toString('base64')
const entry = (pair: string) => ({auth: base64(pair)})
const password = (username: string, secret: string) => ({credential: {kind: 'password', username, password: secret}})

function write(path: string, value: unknown): string {
  mkdirSync(dirname(join(home, path)), {recursive: true})
  writeFileSync(join(home, path), typeof value === 'string' ? value : JSON.stringify(value))
  return join(home, path)
}

const find = (registry: string, path = 'library/web', environment = {}) =>
  credentialsOfFiles({HOME: home, PATH: `${join(home, 'bin')}:${process.env.PATH}`, ...environment})(registry, path)

describe('config.json', () => {
  test.each([
    ['docker.io', 'https://index.docker.io/v1/'],
    ['docker.io', 'docker.io'],
    ['a.test', 'a.test'],
    ['a.test', 'https://a.test'],
    ['a.test:5000', 'https://a.test:5000/v2/'],
    ['a.test', 'a.test/v1/'],
  ])('knows %s as %s', async (registry, key) => {
    write('.docker/config.json', {auths: {'other.test': entry('x:y'), [key]: entry('me:se:cret')}})
    expect(await find(registry)).toEqual(password('me', 'se:cret'))
    expect(await find('a.test.evil')).toEqual({})
  })

  test('has passwords, identity tokens and tokens', async () => {
    const auths = {
      'a.test': {username: 'me', password: 'secret'},
      'b.test': {...entry('me:'), identitytoken: 'refresh'},
      'c.test': {registrytoken: 'token'},
      'd.test': entry('<token>:refresh'),
      'e.test': {},
    }
    write('.docker/config.json', {auths})
    expect(await find('a.test')).toEqual(password('me', 'secret'))
    expect(await find('b.test')).toEqual({credential: {kind: 'identity', token: 'refresh'}})
    expect(await find('c.test')).toEqual({credential: {kind: 'bearer', token: 'token'}})
    expect(await find('d.test')).toEqual({credential: {kind: 'identity', token: 'refresh'}})
    expect(await find('e.test')).toEqual({})
  })

  test('is where DOCKER_CONFIG says', async () => {
    write('.docker/config.json', {auths: {'a.test': entry('not:this')}})
    write('elsewhere/config.json', {auths: {'a.test': entry('me:secret')}})
    expect(await find('a.test', 'web', {DOCKER_CONFIG: join(home, 'elsewhere')})).toEqual(password('me', 'secret'))
  })

  test('that is no JSON is an error that shows nothing of it', async () => {
    write('.docker/config.json', '{"auths": {"a.test": {"auth": "c2VjcmV0"')
    const {code, text} = await failure(find('a.test'))
    expect(code).toBe('invalid-file')
    expect(text).toBe(`${home}/.docker/config.json: not valid JSON`)
  })

  test('is not needed', async () => {
    expect(await find('a.test')).toEqual({})
  })
})

describe('auth.json', () => {
  test('is where REGISTRY_AUTH_FILE and XDG_RUNTIME_DIR say; the first that knows decides', async () => {
    const named = write('named.json', {auths: {'a.test': entry('named:1')}})
    write('.docker/config.json', {auths: {'a.test': entry('docker:2'), 'b.test': entry('docker:2')}})
    write('run/containers/auth.json', {auths: {'b.test': entry('run:3'), 'c.test': entry('run:3')}})
    const environment = {REGISTRY_AUTH_FILE: named, XDG_RUNTIME_DIR: join(home, 'run')}
    expect(await find('a.test', 'web', environment)).toEqual(password('named', '1'))
    expect(await find('b.test', 'web', environment)).toEqual(password('docker', '2'))
    expect(await find('c.test', 'web', environment)).toEqual(password('run', '3'))
  })

  test('has repositories too, the longest first', async () => {
    const auths = {'a.test': entry('host:1'), 'a.test/team': entry('team:2'), 'a.test/team/web': entry('web:3')}
    write('.config/containers/auth.json', {auths})
    expect(await find('a.test', 'team/web')).toEqual(password('web', '3'))
    expect(await find('a.test', 'team/api')).toEqual(password('team', '2'))
    expect(await find('a.test', 'teams/api')).toEqual(password('host', '1'))
  })
})

describe('a credential helper', () => {
  function helper(name: string, script: string): void {
    const path = write(`bin/docker-credential-${name}`, `#!/bin/sh\n${script}\n`)
    chmodSync(path, 0o755)
  }

  test('is asked for the registry, and the one of the registry goes first', async () => {
    helper('all', `cat > ${home}/asked; echo '{"Username": "all", "Secret": "1"}'`)
    helper('own', `cat > ${home}/asked; echo '{"Username": "<token>", "Secret": "2"}'`)
    write('.docker/config.json', {credsStore: 'all', credHelpers: {'a.test': 'own'}})
    expect(await find('docker.io')).toEqual(password('all', '1'))
    expect(readFileSync(join(home, 'asked'), 'utf8')).toBe('https://index.docker.io/v1/')
    expect(await find('a.test')).toEqual({credential: {kind: 'identity', token: '2'}})
    expect(readFileSync(join(home, 'asked'), 'utf8')).toBe('a.test')
  })

  test('that knows nothing is no problem', async () => {
    helper('all', 'cat > /dev/null; echo "credentials not found in native keychain"; exit 1')
    write('.docker/config.json', {credsStore: 'all', auths: {'a.test': entry('me:secret')}})
    expect(await find('b.test')).toEqual({})
    expect(await find('a.test')).toEqual(password('me', 'secret'))
  })

  test.each([
    ['fails', 'echo "locked"; exit 3', 'docker-credential-all ended with 3: locked'],
    ['speaks otherwise', 'echo hello', 'docker-credential-all gave no JSON'],
  ])('that %s is a problem', async (_name, script, problem) => {
    helper('all', script)
    write('.docker/config.json', {credsStore: 'all'})
    expect(await find('a.test')).toEqual({problem})
  })

  test('that is missing is a problem, and so is a path', async () => {
    write('.docker/config.json', {credsStore: 'none-such'})
    expect(await find('a.test')).toEqual({problem: 'docker-credential-none-such is configured and not installed'})
    write('.docker/config.json', {credsStore: '../../evil'})
    expect((await find('a.test')).problem).toContain('not the name of a credential helper')
  })
})

describe('X-Registry-Auth', () => {
  const header = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

  test('is for the registry of the image alone', async () => {
    const find = credentialsOfHeader(header({username: 'me', password: 'sécret?>'}), 'a.test')
    expect(await find('a.test', 'web')).toEqual(password('me', 'sécret?>'))
    expect(await find('mirror.test', 'web')).toEqual({})
  })

  test.each([
    ['https://index.docker.io/v1/', 'docker.io', true],
    ['a.test', 'a.test', true],
    ['https://index.docker.io/v1/', 'a.test', false],
  ])('with serveraddress %s for %s: %s', async (serveraddress, registry, isFor) => {
    const find = credentialsOfHeader(header({username: 'me', password: 'x', serveraddress}), registry)
    expect((await find(registry, 'web')).credential !== undefined).toBe(isFor)
  })

  test('may be empty', async () => {
    for (const each of [undefined, '', header({})])
      expect(await credentialsOfHeader(each, 'a.test')('a.test', 'x')).toEqual({})
    expect(await credentialsOfHeader(header({identitytoken: 't'}), 'a')('a', 'x')).toEqual({
      credential: {kind: 'identity', token: 't'},
    })
  })

  test.each(['!', 'bm9uc2Vuc2U', '""'])('"%s" is refused', text => {
    expect(() => credentialsOfHeader(text, 'a.test')).toThrow('X-Registry-Auth is not JSON in base64')
  })
})

test('the registries that the files name, each once', async () => {
  const auths = {
    'https://index.docker.io/v1/': {},
    'localhost:5000': entry('a:b'),
    'localhost:5000/team/web': entry('c:d'),
  }
  write('.docker/config.json', {auths, credHelpers: {'ghcr.io': 'none'}})
  write('.config/containers/auth.json', {auths: {'https://localhost:5000/v2/': entry('e:f')}})
  expect(await loginOf({HOME: home}).registries()).toEqual(['docker.io', 'localhost:5000', 'ghcr.io'])
})
