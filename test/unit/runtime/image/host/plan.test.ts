import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {planHost} from '../../../../../src/runtime/image/host/plan.ts'

let host: string
beforeEach(() => {
  host = mkdtempSync(join(tmpdir(), 'stack-host-'))
})
afterEach(() => rmSync(host, {recursive: true, force: true}))

function file(path: string, text = ''): void {
  mkdirSync(dirname(join(host, path)), {recursive: true})
  writeFileSync(join(host, path), text)
}
function link(path: string, to: string): void {
  mkdirSync(dirname(join(host, path)), {recursive: true})
  symlinkSync(to, join(host, path))
}
const paths = () => planHost(host).entries.map(each => each.path)
const entry = (path: string) => planHost(host).entries.find(each => each.path === path)

describe('the layer of host://', () => {
  test('has the links of a merged /usr', () => {
    link('bin', 'usr/bin')
    link('lib64', 'usr/lib64')
    expect(entry('bin')).toEqual({path: 'bin', kind: 'link', to: 'usr/bin'})
    expect(paths()).not.toContain('sbin')
    expect(planHost(host).overlays).toEqual(['/usr'])
  })

  test('a /lib of its own is an overlay of its own', () => {
    mkdirSync(join(host, 'lib'))
    expect(planHost(host).overlays).toEqual(['/usr', '/lib'])
  })

  test("has none of the host's secrets and names", () => {
    const secrets = [
      'etc/shadow',
      'etc/machine-id',
      'etc/hostname',
      'etc/ssh/ssh_host_rsa_key',
      'etc/ssl/private/a.key',
      'etc/sudoers',
      'etc/passwd.bak',
    ]
    for (const each of secrets) file(each, 'secret')
    file('etc/passwd', 'alice:x:1001:1001::/home/alice:/bin/sh\n')
    expect(paths().filter(each => secrets.includes(each))).toEqual([])
    expect(JSON.stringify(planHost(host))).not.toContain('alice')
  })

  test('has certificates, and no key that lies beside them', () => {
    file('etc/ssl/certs/bundle.crt', '-----BEGIN CERTIFICATE-----')
    file('etc/ssl/certs/both.pem', '-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----')
    file('etc/ssl/certs/notes.txt', 'hello')
    link('etc/ssl/certs/one.pem', '/usr/share/ca-certificates/one.crt')
    link('etc/ssl/certs/stolen.pem', '/etc/ssl/private/x.pem')
    file('etc/ssl/private/x.pem', '-----BEGIN PRIVATE KEY-----')
    expect(paths().filter(each => each.startsWith('etc/ssl/certs/'))).toEqual([
      'etc/ssl/certs/bundle.crt',
      'etc/ssl/certs/one.pem',
    ])
  })

  test('has the alternatives that name programs', () => {
    link('etc/alternatives/awk', '/usr/bin/mawk')
    link('etc/alternatives/awk.1.gz', '/usr/share/man/man1/mawk.1.gz')
    link('etc/alternatives/home', '/home/alice/bin/x')
    expect(paths().filter(each => each.startsWith('etc/alternatives/'))).toEqual(['etc/alternatives/awk'])
  })

  test('keeps the time zone by name', () => {
    link('etc/localtime', '/usr/share/zoneinfo/Europe/Berlin')
    expect(entry('etc/localtime')).toEqual({
      path: 'etc/localtime',
      kind: 'link',
      to: '/usr/share/zoneinfo/Europe/Berlin',
    })
  })

  test('does without everything that a host may lack', () => {
    expect(paths()).toContain('etc/passwd')
  })
})
