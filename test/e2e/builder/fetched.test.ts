import {createHash} from 'node:crypto'
import {once} from 'node:events'
import {readFileSync} from 'node:fs'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {join} from 'node:path'
import {afterEach, expect, test} from 'vitest'
import {needs} from '../../support/needs.ts'
import {Workplace} from '../../support/stack.ts'

const closing: Array<() => unknown> = []
afterEach(() => Promise.all(closing.splice(0).map(each => each())))

type File = {readonly data: Uint8Array; readonly etag?: string}

/** Files by path; a directory of `root` behind them. */
async function serving(files: Record<string, File>, root?: string) {
  const asked: string[] = []
  const server = createServer((request, reply) => {
    const path = request.url ?? ''
    const file = files[path]
    const {etag} = file ?? {}
    const isKnown = etag !== undefined && request.headers['if-none-match'] === etag
    asked.push(`${path} ${isKnown ? 304 : 200}`)
    if (isKnown) return void reply.writeHead(304).end()
    try {
      const data = file?.data ?? readFileSync(join(root ?? '/nowhere', path.split('?')[0]!))
      reply.writeHead(200, {'last-modified': 'Tue, 15 Nov 1994 12:45:26 GMT', ...(etag === undefined ? {} : {etag})})
      reply.end(data)
    } catch {
      reply.writeHead(404).end()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return {at: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked}
}

const compose = (context: string, more = '') =>
  `services: {web: {network_mode: none, command: [sh, -c, "cd /out; stat -c '%n %a %u %Y %s' *; cat *.txt"], build: {context: ${context}, network: none${more}}}}\n`
const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`
const sums = (text: string) => text.split('\n').filter(each => /: cached$/.test(each)).length

test('ADD of an address: its content counts, it is asked for with what is known, and checked', async () => {
  const files: Record<string, File> = {
    '/a.txt': {data: Buffer.from('one\n'), etag: '"1"'},
    '/b': {data: Buffer.from('two\n')},
  }
  const {at, asked} = await serving(files)
  const dockerfile = (sum: string) =>
    `FROM host://\nADD ${at}/a.txt /out/\nADD --checksum=${sum} --chmod=644 --chown=3:4 ${at}/b /out/b.txt\n`
  await using place = await Workplace.make({'compose.yaml': compose('.'), Dockerfile: dockerfile(sha256('two\n'))})
  const first = await place.stack('up', '--no-log-prefix')
  expect(first.stdout, first.all).toContain('a.txt 600 0 784903526 4\nb.txt 644 3 784903526 4\none\ntwo\n')
  expect(sums((await place.stack('build')).all)).toBe(2)
  expect(asked).toEqual(['/a.txt 200', '/b 200', '/a.txt 304'])

  files['/a.txt'] = {data: Buffer.from('new\n'), etag: '"2"'}
  const changed = await place.stack('up', '--build', '--no-log-prefix')
  expect(changed.stdout).toContain('new\ntwo\n')
  await place.write('Dockerfile', dockerfile(sha256('three\n')))
  const wrong = await place.stack('build')
  expect(wrong.all).toMatch(/Dockerfile:3:\d+: error: .*\/b is not what --checksum says: it has sha256:/)
  await place.write('Dockerfile', `FROM host://\nADD ${at}/none /x\n`)
  expect((await place.stack('build')).all).toMatch(/Dockerfile:2:5: error: .*\/none answers with 404/)
  await place.write('Dockerfile', `FROM host://\nCOPY ${at}/a.txt /x\n`)
  expect((await place.stack('build')).all).toContain('Dockerfile:2:6: error: COPY takes files of the context')
  await place.write('Dockerfile', 'FROM host://\nADD http://127.0.0.1:1/a /x\n')
  expect((await place.stack('build')).all).toMatch(/Dockerfile:2:5: error: .* can not be fetched/)
})

async function repository(place: Workplace) {
  const script = `set -e
    export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
    git init -q -b main work; cd work
    mkdir sub; echo sub > sub/s.txt; echo root > r.txt; ln -s /etc outside; printf 'FROM host://\\nCOPY . /out\\n' > Dockerfile
    ln -s /etc/hostname Linked
    printf 'FROM host://\\nCOPY s.txt /out/\\n' > sub/Dockerfile
    git add -A; git commit -qm one; git tag v1; echo later > r.txt; git commit -qam two
    git clone -q --bare . ../repo.git; cd ../repo.git; git update-server-info`
  const made = await place.run('sh', ['-c', script])
  expect(made.code, made.all).toBe(0)
}

test('contexts and ADD from git: branches, tags, commits and directories; nothing of this machine is reached', async context => {
  needs(context, 'git')
  await using place = await Workplace.make({})
  await repository(place)
  const {at} = await serving({}, place.directory)
  const from = async (address: string, more = '') => {
    await place.write('compose.yaml', compose(JSON.stringify(address), more))
    return await place.stack('up', '--build', '--no-log-prefix')
  }
  const whole = await from(`${at}/repo.git`)
  expect(whole.stdout, whole.all).toMatch(/r.txt 644 0 \d+ 6\n(.*\n)*later\n/)
  expect((await from(`${at}/repo.git#v1`)).stdout).toMatch(/root\n/)
  expect((await from(`${at}/repo.git#main:sub`)).stdout).toMatch(/s.txt 644 0 \d+ 4\nsub\n/)
  const commit = (await place.run('git', ['-C', 'work', 'rev-parse', 'v1'])).stdout.trim()
  expect((await from(`${at}/repo.git#${commit}`)).stdout).toMatch(/root\n/)
  expect((await from(`${at}/repo.git#:outside`)).all).toContain('there is no directory "outside"')
  expect((await from(`${at}/repo.git`, ', dockerfile: Linked')).all).toContain(
    'Cannot locate specified Dockerfile: Linked',
  )
  expect((await from(`${at}/repo.git#none`)).all).toMatch(/git (fetch|rev-parse)/)
  expect((await from(`${at}/none.git`)).all).toContain('git fetch')

  await place.write(
    'Dockerfile',
    `FROM host://\nADD ${at}/repo.git#v1 /out\nADD --keep-git-dir=true ${at}/repo.git#v1:sub /out/below\nRUN ! ls /out/.git\n`,
  )
  expect((await from('.')).stdout).toMatch(/root\n/)
  await place.write('Dockerfile', `FROM host://\nADD --checksum=${'0'.repeat(40)} ${at}/repo.git#v1 /out\n`)
  expect((await from('.')).all).toMatch(/Dockerfile:2:\d+: error: .*its commit is/)
  await place.write('Dockerfile', 'FROM host://\nCOPY --from=more s.txt /out/\n')
  expect((await from('.', `, additional_contexts: {more: "${at}/repo.git#main:sub"}`)).stdout).toMatch(/sub\n/)
})

test('a context that is an archive elsewhere, or a Dockerfile alone', async () => {
  await using place = await Workplace.make({
    Dockerfile: 'FROM host://\nCOPY a.txt /out/\n',
    'a.txt': 'of the archive\n',
  })
  await place.run('tar', ['-czf', 'context.tar.gz', 'Dockerfile', 'a.txt'])
  const {at} = await serving(
    {'/alone': {data: Buffer.from('FROM host://\nRUN mkdir /out; echo alone > /out/a.txt\n')}},
    place.directory,
  )
  await place.write('compose.yaml', compose(`${at}/context.tar.gz`))
  expect((await place.stack('up', '--build', '--no-log-prefix')).stdout).toContain('of the archive\n')
  await place.write('compose.yaml', compose(`${at}/alone`))
  expect((await place.stack('up', '--build', '--no-log-prefix')).stdout).toContain('alone\n')
})

test('SOURCE_DATE_EPOCH: nothing in the image is younger', async () => {
  await using place = await Workplace.make({
    'compose.yaml': compose('.'),
    Dockerfile: 'FROM host://\nCOPY a.txt /out/\nRUN echo b > /out/b.txt; mkdir /out/d\nWORKDIR /out/w\n',
    'a.txt': 'a\n',
  })
  const environment = {SOURCE_DATE_EPOCH: '1000000000'}
  const outcome = await place.run(
    process.execPath,
    [place.stackProgram, 'up', '--build', '--no-log-prefix'],
    environment,
  )
  expect(outcome.stdout, outcome.all).toMatch(/a.txt 644 0 1000000000 2\nb.txt 644 0 1000000000 2\nd 755 0 1000000000/)
  expect(outcome.stdout).toMatch(/w 755 0 1000000000/)
  const bad = await place.run(process.execPath, [place.stackProgram, 'build'], {SOURCE_DATE_EPOCH: 'soon'})
  expect(bad.all).toContain('SOURCE_DATE_EPOCH is a number of seconds, not "soon"')
})
