import {afterEach, expect, test} from 'vitest'
import {askEngine} from '../../support/observed.ts'
import {Workplace} from '../../support/stack.ts'

let place: Workplace | undefined
afterEach(async () => {
  await place?.[Symbol.asyncDispose]()
  place = undefined
})

const compose = (name: string) => `name: ${name}\nservices:\n  web: {image: "host://", command: sleep infinity}\n`
/** Images of this test's kind: those of others are none of its business. */
const images = async (): Promise<string[]> =>
  (await askEngine<Array<{RepoTags: string[]}>>('/images/json'))
    .flatMap(({RepoTags}) => RepoTags)
    .filter(tag => tag === 'host://')

test('down --rmi: local leaves named images, all removes them unless others use them, and up makes them again', async () => {
  place = await Workplace.make({'compose.yaml': compose('first')})
  const other = await Workplace.make({'compose.yaml': compose('second')})
  try {
    await place.stack('up', '-d')
    await other.stack('up', '-d')
    expect((await place.stack('down', '--rmi', 'local')).code).toBe(0)
    expect(await images()).toEqual(['host://'])
    await place.stack('up', '-d')
    expect((await place.stack('down', '--rmi', 'all', '--dry-run')).stdout).toContain('remove-image host://')
    const used = await place.stack('down', '--rmi', 'all')
    expect(used).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/Image host:\/\/ {2}Warning .*container .* is using/),
    })
    expect(await images()).toEqual(['host://'])
    const removed = await other.stack('down', '--rmi', 'all')
    expect(removed).toMatchObject({code: 0, stderr: expect.stringContaining('Image host://  Removed')})
    await place.stack('ps')
    expect(await images()).toEqual([])
    expect((await place.stack('up', '-d')).code).toBe(0)
    expect(await images()).toEqual(['host://'])
  } finally {
    await other[Symbol.asyncDispose]()
  }
})
