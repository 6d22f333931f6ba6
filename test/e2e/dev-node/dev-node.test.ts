import {once} from 'node:events'
import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {collect, eventually, Workplace} from '../../support/stack.ts'

let place: Workplace
let said: () => string
let child: ReturnType<Workplace['start']>

const page = () => fetch('http://127.0.0.1:8082', {headers: {connection: 'close'}}).then(answer => answer.text())
const shows = (text: string) => eventually(async () => (await page()) === `${text}\n`, {what: `"${text}"`})
async function edit(name: string, from: string, to: string): Promise<void> {
  const path = join(place.directory, name)
  await writeFile(path, (await readFile(path, 'utf8')).replace(from, to))
}

beforeAll(async () => {
  place = await Workplace.make('examples/dev-node')
  child = place.start('dev')
  const [out, err] = [collect(child.stdout), collect(child.stderr)]
  said = () => out() + err()
})
afterAll(async () => {
  place.transcript.push(said())
  await place[Symbol.asyncDispose]()
})

test('files that were there before go in at the start', () => shows('good day from the web, one from the worker'))

test('sync: the program loads it anew, again and again', async () => {
  await edit('web/page.mjs', 'the web', 'the new web')
  await shows('good day from the new web, one from the worker')
  await edit('web/page.mjs', 'the new web', 'the newest web')
  await shows('good day from the newest web, one from the worker')
  expect(said()).toMatch(/~ web {5}synced {5}page\.mjs → 1 container {2}\d+ ms/)
})

test('sync+restart: the worker alone is restarted', async () => {
  await edit('worker/job.mjs', "'one'", "'two'")
  await shows('good day from the newest web, two from the worker')
  expect(said()).toMatch(/~ worker {2}restarted {2}job\.mjs {2}\d+ ms/)
  expect(said()).not.toMatch(/~ web +restarted/)
})

test('a config: the change is shown and done, and the new container has what was synced', async () => {
  await writeFile(join(place.directory, 'greeting.txt'), 'good night\n')
  await shows('good night from the newest web, two from the worker')
  expect(said()).toContain('greeting.txt changed: this is done')
  expect(said()).toMatch(/create-container web\.1: configuration changed/)
})

test('a broken Compose file is shown with its place, and what runs stays; mended, it counts', async () => {
  const compose = await readFile(join(place.directory, 'compose.yaml'), 'utf8')
  await place.write('compose.yaml', compose.replace('image: host://', 'imagee: host://'))
  await eventually(() => said().includes('unknown key "imagee"'))
  expect(said()).toContain('^^^^^^')
  await eventually(() => said().includes('compose.yaml changed, and what runs stays as it is'))
  expect(await page()).toContain('good night')
  await place.write('compose.yaml', compose.replace('WORKER: "http://worker:9000"', 'WORKER: "http://nobody:9000"'))
  await shows('good night from the newest web, nothing yet from the worker')
})

test('there is one watcher for a stack', async () => {
  const other = await place.stack('watch', '--no-up')
  expect(other.code).toBe(1)
  expect(other.stderr).toContain('another "stack watch" is at work on "dev-node"')
})

test('Ctrl-C stops all', async () => {
  child.kill('SIGINT')
  const [code] = await once(child, 'exit')
  expect(code).toBe(130)
  expect((await place.stack('ps', '-q')).stdout).toBe('')
})
