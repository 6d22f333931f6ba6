import {existsSync} from 'node:fs'
import {rm, writeFile} from 'node:fs/promises'
import {afterEach, expect, test} from 'vitest'
import {delay} from '../../src/base/delay.ts'
import {selectEngine} from '../../src/engine/select.ts'

const environment = {...process.env, STACK_ENGINE: 'stack'}
const socket = '/run/stack/stack.sock'

/** Where a directory should be. */
const file = '/tmp/no-directory'
afterEach(() => rm(file, {force: true}))

async function until(condition: () => boolean): Promise<void> {
  for (let look = 0; look < 400; look++) {
    if (condition()) return
    await delay(25)
  }
  throw new Error('it did not come to that within 10 s')
}

test('several commands at once are served by one daemon', async () => {
  const engines = await Promise.all([1, 2, 3].map(() => selectEngine(environment)))
  const versions = await Promise.all(engines.map(each => each.version()))
  expect(new Set(versions.map(({version}) => version)).size).toBe(1)
})

test('a daemon that has left comes back for the next request', async () => {
  const engine = await selectEngine(environment)
  await until(() => !existsSync(socket))
  expect((await engine.observe('none')).containers).toEqual([])
  expect(existsSync(socket)).toBe(true)
})

test('a daemon that cannot start says why', async () => {
  await writeFile(file, '')
  const broken = {...environment, STACK_RUN_DIR: `${file}/run`}
  await expect(selectEngine(broken)).rejects.toMatchObject({
    code: 'engine-unreachable',
    message: expect.stringMatching(/^cannot start the daemon: it exited with \d+; it said:\n[\s\S]*no-directory/),
  })
})

test('a state directory that cannot be is named', async () => {
  await writeFile(file, '')
  const broken = {...environment, STACK_RUN_DIR: '/tmp/other-run', STACK_STATE_DIR: `${file}/state`}
  await expect(selectEngine(broken)).rejects.toThrow('cannot start the daemon')
})
