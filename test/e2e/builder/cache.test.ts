import {mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {Workplace} from '../../support/stack.ts'

test('cache_to keeps the steps in a directory, cache_from takes them there after all was forgotten', async () => {
  await using place = await Workplace.make({
    'compose.yaml': [
      'services:',
      '  web:',
      '    network_mode: none',
      '    command: cat /moment /usr/local/more',
      '    build:',
      '      context: .',
      '      network: none',
      '      cache_from: ["type=local,src=./kept", "type=gha,scope=x", "127.0.0.1:1/some/image:cache"]',
      '      cache_to: ["type=local,dest=./kept,mode=max"]',
      '',
    ].join('\n'),
    '.dockerignore': 'kept\n',
    Dockerfile: [
      'FROM host:// AS a',
      'RUN cat /proc/sys/kernel/random/uuid > /moment',
      'FROM host://',
      'COPY --from=a /moment /',
      'WORKDIR /w',
      'RUN --mount=type=bind,target=/m cp /m/Dockerfile /w; echo more > /usr/local/more; rm -rf /opt; mkdir -p /opt; echo o > /opt/o',
      '',
    ].join('\n'),
  })
  await mkdir(join(place.directory, 'kept'))
  const cached = (text: string) => text.split('\n').filter(each => /: cached$/.test(each)).length
  const first = await place.stack('up', '--build', '--no-log-prefix')
  expect(first.stdout, first.all).toMatch(/[0-9a-f-]{36}\nmore\n/)
  expect(first.all).toContain('build.cache_from[1] has no effect: there is no cache of type "gha" here')
  expect(first.all).toMatch(/warning: the cache 127.0.0.1:1\/some\/image:cache is not used: .*ECONNREFUSED/)
  const socket = join(process.env.STACK_RUN_DIR ?? '/run/stack', 'stack.sock')
  const prune = `curl -s -X POST --unix-socket ${socket} http://stack/build/prune`
  expect((await place.run('sh', ['-c', prune])).stdout).toContain('SpaceReclaimed')
  await place.stack('down', '--rmi', 'all')
  const again = await place.stack('build')
  expect(cached(again.all), again.all).toBe(4)
  expect((await place.stack('up', '--no-log-prefix')).stdout).toBe(first.stdout)

  await place.stack('down', '--rmi', 'all')
  await place.run('sh', ['-c', `${prune}; for each in kept/layers/*; do echo broken > $each; done`])
  const anew = await place.stack('up', '--build', '--no-log-prefix')
  expect(anew.stdout, anew.all).toMatch(/[0-9a-f-]{36}\nmore\n/)
  expect(anew.all).toMatch(/warning: the cache .*kept is not used: /)
})
