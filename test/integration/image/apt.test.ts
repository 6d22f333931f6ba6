import {existsSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {inImage, throwawayStore} from './support.ts'

const patience = {timeout: 180_000}

test('apt://redis-server is made of packages, and serves as its own user', patience, async () => {
  await using store = await throwawayStore()
  const image = await store.pull('apt://redis-server')
  const [root] = image.layers
  expect(store.lines[0]).toBe('redis-server: asking apt for what it needs')
  expect(store.lines.at(-1)).toMatch(/^redis-server \d\S*: unpacking \d+ packages$/)
  expect(image.config).toMatchObject({cmd: ['redis-server'], workingDir: '/data', exposedPorts: ['6379/tcp']})
  expect(readdirSync(join(root!, 'etc')).filter(name => /shadow|machine-id|ssh/.test(name))).toEqual([])
  expect(existsSync(join(root!, 'usr/bin/perl'))).toBe(false)
  expect(image.size).toBeLessThan(80e6)
  const script = `
    redis-server --version
    cd /data && docker-entrypoint.sh redis-server --save '' --logfile /dev/null & server=$!
    for i in $(seq 100); do redis-cli ping 2> /dev/null | grep -q PONG && break; sleep 0.05; done
    redis-cli config get protected-mode | tail -1
    awk '$1 == "Uid:" {print $2}' /proc/$server/status
    kill $server; wait`
  expect(await inImage(image, script)).toMatch(/^Redis server v=\d.*\nno\n999$/)
})

test('a pull of what is there asks apt only for the versions', patience, async () => {
  await using store = await throwawayStore()
  const first = await store.pull('apt://redis-server')
  const lines = store.lines.length
  expect((await store.pull('apt://redis-server')).created).toBe(first.created)
  expect(store.lines.slice(lines)).toEqual(['redis-server: asking apt for what it needs'])
})

test('apt://postgresql makes a database at its first start, and lets in who has the password', patience, async () => {
  await using store = await throwawayStore()
  const image = await store.pull('apt://postgresql')
  expect(image.size).toBeLessThan(200e6)
  const script = `
    postgres --version
    cd /docker-entrypoint-initdb.d
    echo 'CREATE TABLE t (a text); INSERT INTO t VALUES (current_user);' > 1.sql
    echo 'psql -U "$POSTGRES_USER" "$POSTGRES_DB" -qc "insert into t values (2)"; echo "work_mem = 5MB" >> "$PGDATA/postgresql.conf"' > 2.sh
    echo 'insert into t values (3)' | gzip > 3.sql.gz
    echo secret > /run/password; chmod 400 /run/password
    export POSTGRES_PASSWORD_FILE=/run/password POSTGRES_USER=app POSTGRES_DB=shop
    docker-entrypoint.sh postgres -c max_connections=33 > /run/log 2>&1 & server=$!
    for i in $(seq 300); do pg_isready -q -U app && break; sleep 0.1; done
    export PGPASSWORD=secret
    psql -h 192.0.2.1 -U app shop -Atc 'select a from t; show max_connections; show work_mem; show server_encoding'
    PGPASSWORD=wrong psql -h 192.0.2.1 -U app shop -c 'select 1' 2>&1 | grep -o 'password authentication failed'
    awk '$1 == "Uid:" {print $2}' /proc/$server/status
    kill -INT $server; wait $server; echo $?; tail -1 /run/log | grep -o 'shut down'`
  expect((await inImage(image, script)).split('\n').slice(1)).toEqual([
    'app',
    '2',
    '3',
    '33',
    '5MB',
    'UTF8',
    'password authentication failed',
    '999',
    '0',
    'shut down',
  ])
})

test('apt://nginx serves pages and templates, and says it on its output', patience, async () => {
  await using store = await throwawayStore()
  const image = await store.pull('apt://nginx')
  const script = `
    mkdir /etc/nginx/templates
    echo 'server { listen 81; location / { return 200 "\${GREETING} $request_method"; } }' > /etc/nginx/templates/b.conf.template
    GREETING=hello docker-entrypoint.sh nginx -g 'daemon off;' > /tmp/out 2> /tmp/err & server=$!
    get() { bash -c 'exec 3<>/dev/tcp/127.0.0.1/$0; printf "GET / HTTP/1.0\\r\\n\\r\\n" >&3; cat <&3' $1 2> /dev/null; }
    for i in $(seq 100); do get 80 > /dev/null && break; sleep 0.05; done
    get 80 | grep -o '<title>.*'; get 81 | tail -1; echo
    kill -QUIT $server; wait $server; echo $?; grep -c 'GET /' /tmp/out`
  expect((await inImage(image, script)).split('\n').slice(0, 3)).toEqual(['<title>nginx</title>', 'hello GET', '0'])
})

test('what apt does not know is named, with what was meant', patience, async () => {
  await using store = await throwawayStore()
  await expect(store.pull('apt://redis-servr')).rejects.toMatchObject({
    code: 'image-not-found',
    message: 'apt knows no package "redis-servr"',
    hint: 'did you mean apt://redis-server?',
  })
  await expect(store.pull('apt://redis-server=1.2')).rejects.toMatchObject({
    message: 'apt has no redis-server=1.2',
    hint: expect.stringMatching(/^there is redis-server=\d/),
  })
})
