import {execFileSync} from 'node:child_process'
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {afterAll, beforeAll, expect, type TestContext, test} from 'vitest'
import {type Certificate, selfMade} from '../../support/certificate.ts'
import {dockerRegistry} from '../../support/docker-registry.ts'
import {needs} from '../../support/needs.ts'
import {daemonPid} from '../../support/observed.ts'
import {busyboxLayer, imageOf, writeLayout} from '../../support/oci.ts'
import {eventually, Workplace} from '../../support/stack.ts'

const layer = gzipSync(busyboxLayer())
const script = 'echo $0 $*: $GREETING, $(id -un) $(id -G) in $PWD; exec sleep 1000'
const image = imageOf([layer], {
  User: 'web',
  Env: ['GREETING=hello', 'PATH=/bin'],
  Entrypoint: ['/bin/sh', '-c', script],
  Cmd: ['first', 'second'],
  WorkingDir: '/made/for/it',
  Volumes: {'/data': {}},
  StopSignal: 'SIGKILL',
})

let place: Workplace
let tls: Certificate
let registry: {readonly host: string; close(): Promise<void>} | undefined

const isHere = () => spawnable('docker-registry', 'openssl', 'perl', 'skopeo')
const spawnable = (...tools: string[]) => {
  try {
    for (const each of tools) execFileSync('which', [each])
    return true
  } catch {
    return false
  }
}
const tools = (context: TestContext) => needs(context, 'docker-registry', 'openssl', 'perl', 'skopeo')

const withCertificate = () => ({SSL_CERT_FILE: join(place.directory, 'certs/ca.crt')})
const withLogin = () => ({DOCKER_CONFIG: join(place.directory, 'login')})
const anonymous = {DOCKER_CONFIG: '/tmp/none'}

/** By a daemon that begins with this command, and so has its environment. */
async function stack(environment: Record<string, string>, ...words: string[]) {
  const before = daemonPid()
  if (before !== undefined) process.kill(before, 'SIGTERM')
  await eventually(() => daemonPid() === undefined, {what: 'the end of the daemon'})
  return await place.run(process.execPath, [place.stackProgram, ...words], environment)
}

beforeAll(async () => {
  place = await Workplace.make({})
  if (!isHere()) return
  tls = selfMade(['127.0.0.1'])
  const hash = execFileSync('perl', ['-e', 'print crypt("secret", "\\$2y\\$05\\$abcdefghijklmnopqrstuu")'])
  registry = await dockerRegistry({tls, htpasswd: `me:${hash.toString()}`})
  const {host} = registry
  for (const each of ['certs', 'login']) mkdirSync(join(place.directory, each))
  writeFileSync(join(place.directory, 'certs/ca.crt'), tls.cert)
  const auth = Buffer.from('me:secret').toString('base64')
  writeFileSync(join(place.directory, 'login/config.json'), JSON.stringify({auths: {[host]: {auth}}}))
  writeLayout(join(place.directory, 'layout'), image)
  const to = ['--dest-cert-dir', join(place.directory, 'certs'), '--dest-creds', 'me:secret']
  execFileSync('skopeo', ['copy', '-q', ...to, `oci:${join(place.directory, 'layout')}`, `docker://${host}/team/app:1`])
  await place.write(
    'compose.yaml',
    `name: private
services:
  as-it-says: {image: "${host}/team/app:1"}
  command: {image: "${host}/team/app:1", command: [third], user: root, working_dir: /tmp}
  entrypoint: {image: "${host}/team/app:1", entrypoint: [/bin/echo, mine]}
  seeded:
    image: "${host}/team/app:1"
    entrypoint: [/bin/sh, -c, 'cat /data/seed; echo; stat -c "%u:%g %a" /data /data/seed; echo changed > /data/seed']
    volumes: ["named:/data"]
volumes: {named: }
`,
  )
})
afterAll(async () => {
  await place?.[Symbol.asyncDispose]()
  await registry?.close()
})

test('a registry with a certificate and a password of its own: what is missing is said', async context => {
  tools(context)
  const untrusted = await stack({...withLogin()}, 'up', '-d')
  expect(untrusted).toMatchObject({code: 1, stderr: expect.stringContaining('certificate')})
  expect(untrusted.stderr).toContain(`/etc/docker/certs.d/${registry?.host}`)
  const denied = await stack({...withCertificate(), ...anonymous}, 'up', '-d')
  expect(denied).toMatchObject({code: 1, stderr: expect.stringContaining('denied')})
  expect(denied.stderr).toContain(`docker login ${registry?.host}`)
})

test('with both it is pulled, and runs as its configuration says', async context => {
  tools(context)
  const up = await stack({...withCertificate(), ...withLogin()}, 'up', '-d')
  expect(up).toMatchObject({code: 0})
  const log = async (service: string) => (await place.stack('logs', '--no-log-prefix', service)).stdout
  const says = (service: string, line: string) =>
    eventually(async () => (await log(service)).includes(line), {what: `${service} saying "${line}"`})
  await says('as-it-says', 'first second: hello, web 34 50 in /made/for/it\n')
  await says('command', 'third : hello, root 0 in /tmp\n')
  await says('entrypoint', 'mine\n')
  await says('seeded', 'seeded\n33:34 755\n33:0 640\n')
  expect(await log('entrypoint')).toBe('mine\n')
})

test('a volume with a name is filled once', async context => {
  tools(context)
  expect(await place.stack('up', '-d', '--force-recreate', 'seeded')).toMatchObject({code: 0})
  const log = async () => (await place.stack('logs', '--no-log-prefix', 'seeded')).stdout
  await eventually(async () => (await log()).startsWith('changed\n'))
})
