import {spawnSync} from 'node:child_process'
import {chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {entrypoint as nginx} from '../../../../../src/runtime/image/recipes/nginx.ts'
import {postgresqlEntrypoint} from '../../../../../src/runtime/image/recipes/postgresql-entrypoint.ts'
import {entrypoint as redis} from '../../../../../src/runtime/image/recipes/redis.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stack-entrypoint-'))
  mkdirSync(join(directory, 'bin'))
})
afterEach(() => rmSync(directory, {recursive: true, force: true}))

/** A program that stands for another: a line of sh. */
function fake(name: string, script = `echo ${name} "$@"`): void {
  writeFileSync(join(directory, 'bin', name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(directory, 'bin', name), 0o755)
}

function start(script: string, words: string[], env: Record<string, string> = {}) {
  const path = join(directory, 'bin/entrypoint')
  writeFileSync(path, script)
  chmodSync(path, 0o755)
  const PATH = `${join(directory, 'bin')}:/usr/bin:/bin`
  const {stdout, stderr, status} = spawnSync(path, words, {cwd: directory, encoding: 'utf8', env: {...env, PATH}})
  return {out: stdout.trim(), err: stderr.trim(), status}
}

describe('redis', () => {
  beforeEach(() => {
    fake('id', 'echo 999')
    fake('redis-server')
  })

  test.each([
    [['redis-server'], 'redis-server --protected-mode no'],
    [['--appendonly', 'yes'], 'redis-server --protected-mode no --appendonly yes'],
    [['redis-server', '--save', ''], 'redis-server --protected-mode no --save'],
    [['redis-server', '/nonesuch.conf', '--port', '1'], 'redis-server /nonesuch.conf --protected-mode no --port 1'],
  ])('%j', (words, line) => {
    expect(start(redis, words).out).toBe(line)
  })

  test('a configuration that speaks of protected mode is left alone', () => {
    writeFileSync(join(directory, 'mine.conf'), 'port 1\n  protected-mode yes\n')
    expect(start(redis, ['mine.conf']).out).toBe('redis-server mine.conf')
  })

  test('another program is started as it is', () => {
    expect(start(redis, ['echo', '-n', 'redis-server']).out).toBe('redis-server')
  })

  test('as root it becomes the user redis', () => {
    fake('id', 'echo 0')
    fake('find')
    fake('chroot')
    expect(start(redis, ['redis-server']).out).toBe(
      'find . ! -user redis -exec chown redis:redis {} +\nchroot --userspec=redis:redis --skip-chdir / redis-server --protected-mode no',
    )
  })
})

describe('nginx', () => {
  test('passes what it is given on', () => {
    fake('nginx')
    expect(start(nginx, ['-g', 'daemon off;']).out).toBe('nginx -g daemon off;')
    expect(start(nginx, ['echo', 'x']).out).toBe('x')
  })
})

describe('postgresql', () => {
  let data: string
  const start_ = (env: Record<string, string> = {}, words = ['postgres']) =>
    start(postgresqlEntrypoint, words, {PGDATA: data, ...env})

  beforeEach(() => {
    data = join(directory, 'data')
    mkdirSync(data)
    fake('id', 'echo 999')
    fake('postgres', 'case "$*" in *-C*) echo scram-sha-256 ;; *) echo postgres "$@" ;; esac')
    fake('pg_ctl', 'echo pg_ctl "$@" >> "$PGDATA/../calls"')
    fake('psql', 'echo psql "$@"; cat')
    fake(
      'initdb',
      'while [ "$1" != -D ]; do shift; done; mkdir "$2"; echo 15 > "$2/PG_VERSION"; : > "$2/pg_hba.conf"; shift 2; for word; do echo "[$word]"; done',
    )
  })

  test('a new database needs a password', () => {
    const {err, status} = start_()
    expect(err).toContain('set POSTGRES_PASSWORD')
    expect(status).toBe(1)
    expect(existsSync(join(data, 'PG_VERSION'))).toBe(false)
  })

  test('makes the cluster, asks for passwords from outside, and ends as the server', () => {
    const {out, status} = start_(
      {POSTGRES_PASSWORD: 'x', POSTGRES_DB: 'shop', POSTGRES_INITDB_ARGS: "-k --locale='de DE'"},
      ['-c', 'a=b'],
    )
    expect(status).toBe(0)
    expect(out).toContain('[-k]\n[--locale=de DE]')
    expect(out).toContain('CREATE DATABASE :"name";')
    expect(out.split('\n').pop()).toBe('postgres -c a=b')
    expect(readFileSync(join(data, 'pg_hba.conf'), 'utf8')).toBe('\nhost all all all scram-sha-256\n')
    expect(readFileSync(join(data, 'PG_VERSION'), 'utf8')).toBe('15\n')
    expect(existsSync(join(data, '.init'))).toBe(false)
  })

  test('without a password everybody is let in where that was asked for', () => {
    expect(start_({POSTGRES_HOST_AUTH_METHOD: 'trust'}).status).toBe(0)
    expect(readFileSync(join(data, 'pg_hba.conf'), 'utf8')).toContain('host all all all trust')
  })

  test('reads a password from its file, and refuses to choose between two', () => {
    writeFileSync(join(directory, 'secret'), 'x\n')
    expect(start_({POSTGRES_PASSWORD_FILE: join(directory, 'secret')}).status).toBe(0)
    rmSync(data, {recursive: true})
    mkdirSync(data)
    expect(start_({POSTGRES_PASSWORD_FILE: '/x', POSTGRES_PASSWORD: 'y'}).err).toContain('both POSTGRES_PASSWORD and')
    expect(start_({POSTGRES_PASSWORD_FILE: '/nonesuch'}).err).toContain('cannot read /nonesuch')
  })

  test('what is there already is started and not touched', () => {
    writeFileSync(join(data, 'PG_VERSION'), '14\n')
    expect(start_().out).toBe('postgres')
    expect(existsSync(join(data, 'pg_hba.conf'))).toBe(false)
  })

  test('one that was killed while it was made is made again', () => {
    mkdirSync(join(data, '.init/data'), {recursive: true})
    writeFileSync(join(data, '.init/data/PG_VERSION'), 'half\n')
    expect(start_({POSTGRES_PASSWORD: 'x'}).status).toBe(0)
    expect(readFileSync(join(data, 'PG_VERSION'), 'utf8')).toBe('15\n')
  })

  test('one that was killed while it was moved is moved to its end', () => {
    mkdirSync(join(data, '.init/data/base'), {recursive: true})
    writeFileSync(join(data, '.init/complete'), '')
    writeFileSync(join(data, '.init/data/PG_VERSION'), 'mine\n')
    writeFileSync(join(data, 'pg_hba.conf'), 'moved before\n')
    expect(start_({POSTGRES_PASSWORD: 'x'}).out).not.toContain('CREATE DATABASE')
    expect(readFileSync(join(data, 'PG_VERSION'), 'utf8')).toBe('mine\n')
    expect(existsSync(join(data, 'base'))).toBe(true)
    expect(readFileSync(join(data, 'pg_hba.conf'), 'utf8')).toBe('moved before\n')
  })

  test('a failing step leaves nothing that looks like a database', () => {
    fake('psql', 'exit 3')
    expect(start_({POSTGRES_PASSWORD: 'x', POSTGRES_DB: 'shop'}).status).not.toBe(0)
    expect(existsSync(join(data, 'PG_VERSION'))).toBe(false)
  })

  test('other programs are started as they are', () => {
    expect(start_({}, ['echo', 'hello']).out).toBe('hello')
    expect(start_({}, ['postgres', '--version']).out).toBe('postgres --version')
  })
})
