import {afterEach, expect, test} from 'vitest'
import {Workplace} from '../../support/stack.ts'

let place: Workplace | undefined
afterEach(async () => {
  await place?.[Symbol.asyncDispose]()
  place = undefined
})

const compose = (name: string) => `name: ${name}\nservices:\n  web: {image: "host://", command: sleep infinity}\n`
const images = async (here: Workplace): Promise<string[]> => {
  const words = ['-s', '--unix-socket', '/run/stack/stack.sock', 'http://stack/images/json']
  const {stdout} = await here.run('curl', words)
  return (JSON.parse(stdout) as Array<{RepoTags: string[]}>).flatMap(({RepoTags}) => RepoTags)
}

test('down --rmi: local leaves named images, all removes them unless others use them, and up makes them again', async () => {
  place = await Workplace.make({'compose.yaml': compose('first')})
  const other = await Workplace.make({'compose.yaml': compose('second')})
  try {
    await place.stack('up', '-d')
    await other.stack('up', '-d')
    expect((await place.stack('down', '--rmi', 'local')).code).toBe(0)
    expect(await images(place)).toEqual(['host://'])
    await place.stack('up', '-d')
    expect((await place.stack('down', '--rmi', 'all', '--dry-run')).stdout).toContain('remove-image host://')
    const used = await place.stack('down', '--rmi', 'all')
    expect(used).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/Image host:\/\/ {2}Warning .*container .* is using/),
    })
    expect(await images(place)).toEqual(['host://'])
    const removed = await other.stack('down', '--rmi', 'all')
    expect(removed).toMatchObject({code: 0, stderr: expect.stringContaining('Image host://  Removed')})
    await place.stack('ps')
    expect(await images(place)).toEqual([])
    expect((await place.stack('up', '-d')).code).toBe(0)
    expect(await images(place)).toEqual(['host://'])
  } finally {
    await other[Symbol.asyncDispose]()
  }
})
