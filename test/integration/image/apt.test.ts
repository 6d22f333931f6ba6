import {readdirSync} from 'node:fs'
import {expect, test} from 'vitest'
import {inImage, throwawayStore} from './support.ts'

const minutes = 60_000

test(
  'apt://redis-server is made of packages and runs',
  async () => {
    await using store = await throwawayStore()
    const image = await store.pull('apt://redis-server')
    expect(
      await inImage(image, 'redis-server --version; id -un redis; awk "BEGIN{print 1}"; which sed; stat -c %U /data'),
    ).toMatch(/^Redis server v=\d.*\nredis\n1\n\/usr\/bin\/sed\nredis$/)
    expect(image.config).toMatchObject({cmd: ['redis-server'], workingDir: '/data', exposedPorts: ['6379/tcp']})
    expect(readdirSync(`${image.layers[0]}/etc`)).not.toContain('shadow')
    console.log(store.lines, Math.round(image.size / 1e6), 'MB')
  },
  3 * minutes,
)

test(
  'apt://postgresql makes a database at its first start, and lets in who has the password',
  async () => {
    await using store = await throwawayStore()
    const image = await store.pull('apt://postgresql')
    console.log(store.lines, Math.round(image.size / 1e6), 'MB')
    expect(await inImage(image, 'postgres --version')).toMatch(/^postgres \(PostgreSQL\) \d+/)
  },
  3 * minutes,
)
