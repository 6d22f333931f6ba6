import {mkdir, readdir, readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {Workplace} from '../../support/stack.ts'

const volumes = '/var/lib/stack/volumes'
const sleeper = '{image: "host://", command: sleep infinity, init: true'

test('volumes of another service: the same data, its own mounts first, no tmpfs, read-only where asked', async () => {
  await using place = await Workplace.make({
    'compose.yaml': `
services:
  db:
    image: host://
    command: sleep infinity
    init: true
    scale: 2
    volumes:
      - type: volume
        target: /var/anonymous
        volume: {labels: {team: data}}
      - named:/var/named
      - ./shared:/var/shared
    tmpfs: [/var/fast]
  same:
    image: host://
    command: sleep infinity
    init: true
    scale: 3
    volumes_from: [db]
    volumes: ["own:/var/named"]
  reader: ${sleeper}, volumes_from: ["db:ro"]}
  stranger: ${sleeper}, volumes_from: ["container:\${OTHER:-vf-db-1}:ro"], depends_on: [db]}
volumes: {named: {}, own: {}}
`.replace('\nservices', 'name: vf\nservices'),
  })
  const inside = async (service: string, line: string, index = '1') => {
    const {all} = await place.stack('exec', '-T', '--index', index, service, 'sh', '-c', line)
    return all.trim()
  }
  expect(await place.stack('up', '-d', 'db')).toMatchObject({code: 0})
  const up = await place.stack('up', '-d')
  expect(up).toMatchObject({code: 0})
  for (const index of ['1', '2']) {
    await inside(
      'db',
      `echo db${index} > /var/anonymous/a; echo named > /var/named/n; echo s > /var/shared/s; echo t > /var/fast/t`,
      index,
    )
  }
  const records = (await readdir(volumes)).filter(each => /^[0-9a-f]{64}$/.test(each))
  const labels = await Promise.all(
    records.map(async each => JSON.parse(await readFile(join(volumes, each, 'volume.json'), 'utf8')).labels),
  )
  expect(labels, 'one for each replica of db').toEqual([
    {team: 'data', 'com.docker.volume.anonymous': ''},
    {team: 'data', 'com.docker.volume.anonymous': ''},
  ])
  const look = 'cat /var/anonymous/a; ls /var/named /var/shared; ls -d /var/fast'
  expect(await inside('same', look, '1')).toMatch(/^db1\n\/var\/named:\n\n\/var\/shared:\ns\n.*No such file/s)
  expect(await inside('same', 'cat /var/anonymous/a', '2'), 'of the same number').toBe('db2')
  expect(await inside('same', 'cat /var/anonymous/a', '3'), 'else of the first').toBe('db1')
  expect(await inside('reader', 'cat /var/named/n; echo x > /var/named/x')).toMatch(/^named\n.*Read-only file system/)
  expect(await inside('stranger', 'cat /var/anonymous/a; echo x > /var/anonymous/x')).toMatch(/^db1\n.*Read-only/)

  const again = await place.stack('up', '-d', '--force-recreate', 'db')
  expect(again).toMatchObject({code: 0})
  expect(await inside('same', 'cat /var/anonymous/a', '2'), 'over recreation').toBe('db2')
  expect(await inside('reader', 'cat /var/anonymous/a; echo x > /var/anonymous/x')).toMatch(/^db1\n.*Read-only/)
  expect((await place.stack('up', '-d', '--dry-run')).all).not.toMatch(/create/i)

  const missing = await place.run(process.execPath, [place.stackProgram, 'up', '-d'], {OTHER: 'nobody'})
  expect(missing).toMatchObject({code: 1, all: expect.stringContaining('nobody')})
})

test('a volume with options is mounted while it is used; a device that is not there is said', async () => {
  await using place = await Workplace.make({
    'compose.yaml': `
name: opts
services:
  web: ${sleeper}, volumes: ["data:/data", "fast:/fast"]}
volumes:
  data: {driver_opts: {type: none, o: bind, device: ./data}}
  fast: {driver: local, driver_opts: {type: tmpfs, device: tmpfs, o: "size=2m"}}
`,
  })
  const early = await place.stack('up', '-d')
  expect(early).toMatchObject({code: 1, all: expect.stringContaining('No such file or directory')})
  await mkdir(join(place.directory, 'data'))
  expect(await place.stack('up', '-d')).toMatchObject({code: 0})
  const {stdout} = await place.stack('exec', '-T', 'web', 'sh', '-c', 'echo kept > /data/kept; df -k /fast | tail -1')
  expect(stdout).toMatch(/^tmpfs +2048 /)
  expect(await place.stack('down', '-v')).toMatchObject({code: 0})
  expect(await readFile(join(place.directory, 'data', 'kept'), 'utf8')).toBe('kept\n')
  expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain('opts_')

  await place.write(
    'compose.yaml',
    `
services: {web: {image: "host://", volumes: ["data:/data"]}}
volumes: {data: {driver_opts: {size: 1g}}}`,
  )
  const refused = await place.stack('up', '-d')
  expect(refused).toMatchObject({code: 1})
  expect(refused.all).toMatch(/compose\.yaml:3:\d+: error: volumes\.data\.driver_opts: size is not supported/)
})
