import {once} from 'node:events'
import {describe, expect, test} from 'vitest'
import {processes, rows, states} from '../../support/observed.ts'
import {projects} from '../../support/projects.ts'
import {collect, eventually, type Workplace} from '../../support/stack.ts'

const project = projects()

const prepared = (first: string) => `services:
  web:
    image: host://
    command: sleep infinity
    stop_grace_period: 100ms
    environment: {COLOUR: red}
    volumes: ["data:/data", "/own"]
    networks: [front]
    secrets: [token]
    depends_on: {db: {condition: service_started}, init: {condition: service_completed_successfully}}
    ports: ["8097:80"]
    pre_start:
      - command: ${first}
        environment: {MORE: here}
        user: "33:33"
        working_dir: /data
      - command: sh -c 'echo "two $$(cat /run/secrets/token)" >> /data/log; echo kept > /own/file; getent hosts db | wc -l >> /data/log'
  db: {image: "host://", command: sleep infinity, networks: [front]}
  init: {image: "host://", command: chmod 777 /data, volumes: ["data:/data"]}
networks: {front: {}}
volumes: {data: {}}
secrets: {token: {file: token}}
`
const one = "sh -c 'echo one $$COLOUR $$MORE $$(id -u) $$(pwd) >> log'"
const read = async (here: Workplace) =>
  (await here.stack('exec', '-T', '--index', '1', 'web', 'sh', '-c', 'cat /data/log; cat /own/file')).stdout

describe('pre_start', () => {
  test('runs in order, before the first replica, on its networks, mounts and secrets; nothing of it stays', async () => {
    const here = await project(prepared(one))
    await here.write('token', 's3cret\n')
    expect((await here.stack('up', '-d', '--scale', 'web=2')).code).toBe(0)
    expect(await read(here)).toBe('one red here 33 /data\ntwo s3cret\n1\nkept\n')
    expect((await rows(here)).filter(({Name}) => Name.includes('pre_start'))).toEqual([])

    expect((await here.stack('up', '-d', '--scale', 'web=3')).code).toBe(0)
    await here.stack('stop', 'web')
    expect((await here.stack('up', '-d', '--scale', 'web=3')).code).toBe(0)
    expect((await here.stack('restart', 'web')).code).toBe(0)
    expect(await read(here)).toBe('one red here 33 /data\ntwo s3cret\n1\nkept\n')

    await here.write('compose.yaml', prepared("sh -c 'echo other >> log'"))
    expect((await here.stack('up', '-d', '--scale', 'web=3')).code).toBe(0)
    expect(await read(here)).toBe('one red here 33 /data\ntwo s3cret\n1\nother\ntwo s3cret\n1\nkept\n')
  })

  test('a failed one keeps the service from starting, says what it said, and is left until the next up', async () => {
    const compose = (line: string) => `services:
  web:
    image: host://
    command: sleep infinity
    pre_start:
      - command: sh -c '${line}'
      - command: sh -c 'echo never'
  needs: {image: "host://", command: sleep infinity, depends_on: [web]}
`
    const here = await project(compose('echo the table is missing; exit 7'))
    const up = await here.stack('up', '-d')
    expect(up.code).toBe(1)
    expect(up.all).toMatch(/running web\.pre_start\[0\]: it exited with 7; it said:\n {2}the table is missing/)
    const names = async () => (await rows(here)).map(({Name, State}) => `${Name.replace(/^stack-\w+-/i, '')} ${State}`)
    expect(await names()).toEqual(['needs-1 created', 'web-1 created', 'web-pre_start-0 exited'])
    expect((await here.stack('up', '-d')).code).toBe(1)
    await here.write('compose.yaml', compose('exit 0'))
    expect((await here.stack('up', '-d')).code).toBe(0)
    expect(await names()).toEqual(['needs-1 running', 'web-1 running'])
    await here.write('compose.yaml', compose('exit 1'))
    expect((await here.stack('up', '-d')).code).toBe(1)
    expect((await here.stack('down')).code).toBe(0)
    expect(await rows(here)).toEqual([])
  })

  test('Ctrl-C ends one that hangs', async () => {
    const here = await project(`services:
  web:
    image: host://
    command: sleep infinity
    pre_start: [{command: sh -c 'trap "exit 0" TERM; touch /tmp/up; while :; do sleep 0.067; done'}]
`)
    const child = here.start('up')
    const errors = collect(child.stderr)
    await eventually(async () => (await states(here)).includes('web-pre_start-0 running'), {what: 'the hook'})
    child.kill('SIGINT')
    const [code] = (await once(child, 'close')) as [number]
    expect(code, errors()).toBe(130)
    await eventually(() => processes('sleep 0.067').length === 0)
    expect((await states(here)).filter(each => each.endsWith('running'))).toEqual([])
  })

  test('per_replica is refused, with its place', async () => {
    const here = await project(
      'services:\n  web:\n    image: host://\n    pre_start:\n      - {command: echo, per_replica: true}\n',
    )
    const up = await here.stack('up', '-d')
    expect(up.code).toBe(1)
    expect(up.all).toMatch(/compose\.yaml:5:\d+: error: services\.web\.pre_start\[0\]\.per_replica/)
  })

  test('an image of its own that nobody has leaves what runs as it is', async () => {
    const compose = (more: string) => `services:\n  web: {image: "host://", command: sleep infinity${more}}\n`
    const here = await project(compose(''))
    await here.stack('up', '-d')
    const before = (await rows(here)).map(({ID}) => ID)
    await here.write('compose.yaml', compose(', pre_start: [{image: "nobody:1", command: echo}]'))
    const up = await here.stack('up', '-d')
    expect(up.code).toBe(1)
    expect(up.all).toContain('nobody:1')
    expect((await rows(here)).map(({ID}) => ID)).toEqual(before)
    expect(await states(here)).toEqual(['web-1 running'])
  })
})
