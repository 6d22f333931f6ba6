import {existsSync, readlinkSync} from 'node:fs'
import {afterEach, describe, expect, test} from 'vitest'
import {askEngine, daemonPid, links, rows} from '../../support/observed.ts'
import {eventually, Workplace} from '../../support/stack.ts'

let place: Workplace | undefined
afterEach(async () => {
  await place?.[Symbol.asyncDispose]()
  place = undefined
})

const project = async (files: Readonly<Record<string, string>>): Promise<Workplace> => {
  place = await Workplace.make(files)
  return place
}

type Inspected = {
  readonly Id: string
  readonly State: {readonly Pid: number; readonly StartedAt: string}
  readonly HostConfig: Readonly<Record<string, unknown>>
}

const inspect = async (here: Workplace, service: string): Promise<Inspected> => {
  const id = (await rows(here)).find(each => each.Service === service)?.ID
  return askEngine(`/containers/${id}/json`)
}
const namespaceOf = ({State}: Inspected, kind: string) => readlinkSync(`/proc/${State.Pid}/ns/${kind}`)

const sharing = `services:
  app:
    image: host://
    command: sh -c 'echo word > /dev/shm/given; exec sleep 4244'
    hostname: \${NAME:-first}
    ipc: shareable
    stop_grace_period: 1s
  side:
    image: host://
    command: sleep infinity
    pid: service:app
    ipc: service:app
    uts: service:app
    stop_grace_period: 1s
`

test('a service with the namespaces of another: seen from inside, and made anew with it', async () => {
  const here = await project({'compose.yaml': sharing})
  expect((await here.stack('up', '-d')).code).toBe(0)
  const script = 'tr "\\0" " " < /proc/1/cmdline; echo; cat /dev/shm/given; hostname'
  expect((await here.stack('exec', '-T', 'side', 'sh', '-c', script)).stdout).toBe('sleep 4244 \nword\nfirst\n')
  const [app, side] = [await inspect(here, 'app'), await inspect(here, 'side')]
  for (const kind of ['pid', 'ipc', 'uts']) expect(namespaceOf(side, kind)).toBe(namespaceOf(app, kind))
  expect(namespaceOf(side, 'mnt')).not.toBe(namespaceOf(app, 'mnt'))
  const joined = `container:${app.Id}`
  expect(side.HostConfig).toMatchObject({PidMode: joined, IpcMode: joined, UTSMode: joined, CgroupnsMode: 'private'})
  expect(app.HostConfig).toMatchObject({PidMode: '', IpcMode: 'shareable', UTSMode: '', Runtime: 'runc'})

  const again = await here.run(process.execPath, [here.stackProgram, 'up', '-d'], {NAME: 'second'})
  expect(again.code).toBe(0)
  expect((await here.stack('exec', '-T', 'side', 'sh', '-c', script)).stdout).toBe('sleep 4244 \nword\nsecond\n')
  expect((await inspect(here, 'side')).Id).not.toBe(side.Id)

  const before = await inspect(here, 'side')
  expect((await here.stack('restart', 'app')).code).toBe(0)
  expect((await inspect(here, 'side')).State.StartedAt).not.toBe(before.State.StartedAt)
  expect((await here.stack('exec', '-T', 'side', 'cat', '/dev/shm/given')).stdout).toBe('word\n')
  expect((await here.stack('up', '-d')).code).toBe(0)
})

test('who ends with another is started again after it', async () => {
  const here = await project({
    'compose.yaml': `services:
  app: {image: "host://", command: sleep infinity, restart: always, stop_grace_period: 1s}
  side: {image: "host://", command: sleep infinity, restart: always, stop_grace_period: 1s, pid: "service:app"}
`,
  })
  expect((await here.stack('up', '-d')).code).toBe(0)
  const [app, side] = [await inspect(here, 'app'), await inspect(here, 'side')]
  process.kill(app.State.Pid, 'SIGKILL')
  await eventually(async () => {
    const [again, beside] = [await inspect(here, 'app'), await inspect(here, 'side')]
    if (!again.State.Pid || !beside.State.Pid || beside.State.Pid === side.State.Pid) return false
    return namespaceOf(again, 'pid') === namespaceOf(beside, 'pid')
  })
})

test('a replica shares with the replica of its number', async () => {
  const here = await project({
    'compose.yaml': `services:
  app: {image: "host://", command: sleep infinity, scale: 2, init: true}
  side: {image: "host://", command: sleep infinity, scale: 3, init: true, pid: "service:app"}
`,
  })
  expect((await here.stack('up', '-d')).code).toBe(0)
  const pid = async (service: string, number: number) => {
    const out = await here.stack('exec', '-T', '--index', String(number), service, 'readlink', '/proc/self/ns/pid')
    return out.stdout.trim()
  }
  const [one, two] = [await pid('app', 1), await pid('app', 2)]
  expect(one).not.toBe(two)
  expect([await pid('side', 1), await pid('side', 2), await pid('side', 3)]).toEqual([one, two, one])
})

const profile = JSON.stringify({
  defaultAction: 'SCMP_ACT_ALLOW',
  syscalls: [{names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 28}],
})

test('a profile beside the file, the host’s namespaces, a cgroup parent, annotations', async () => {
  const here = await project({
    'profile.json': profile,
    'compose.yaml': `services:
  web:
    image: host://
    command: sh -c 'mkdir /x; cat /proc/self/cgroup; readlink /proc/self/ns/pid /proc/self/ns/uts; exec sleep infinity'
    init: true
    pid: host
    uts: host
    cgroup: host
    cgroup_parent: team
    userns_mode: host
    runtime: runc
    isolation: default
    annotations: {owner: nobody}
    security_opt: ["seccomp=./profile.json", "no-new-privileges:true"]
`,
  })
  const up = await here.stack('up', '-d')
  expect(up).toMatchObject({code: 0})
  expect(up.all).not.toContain('warning')
  const logs = await eventually(async () => {
    const {stdout} = await here.stack('logs', '--no-log-prefix', 'web')
    return stdout.includes('uts:') && stdout
  })
  expect(logs).toMatch(/mkdir.*No space left on device/)
  expect(logs).toMatch(/:\/[^\n]*\/team\/[0-9a-f]{16}\n/)
  expect(logs).toContain(readlinkSync('/proc/self/ns/pid'))
  expect(logs).toContain(readlinkSync('/proc/self/ns/uts'))
  const first = await inspect(here, 'web')
  expect(first.HostConfig).toMatchObject({
    ...{PidMode: 'host', UTSMode: 'host', CgroupnsMode: 'host', CgroupParent: 'team', UsernsMode: 'host'},
    Annotations: {owner: 'nobody'},
    SecurityOpt: [`seccomp=${profile}`, 'no-new-privileges:true'],
  })
  expect((await here.stack('up', '-d')).code).toBe(0)
  expect((await inspect(here, 'web')).Id).toBe(first.Id)
  await here.write('profile.json', profile.replace('28', '30'))
  expect((await here.stack('up', '-d')).code).toBe(0)
  expect((await inspect(here, 'web')).Id).not.toBe(first.Id)
  expect((await here.stack('exec', '-T', 'web', 'mkdir', '/y')).all).toMatch(/Read-only file system/)
})

test('the daemon’s socket, also after the daemon was killed', async () => {
  const here = await project({
    'compose.yaml': 'services:\n  a: {image: "host://", command: sleep infinity, init: true, use_api_socket: true}\n',
  })
  expect((await here.stack('up', '-d')).code).toBe(0)
  const ask = () =>
    here.stack('exec', '-T', 'a', 'curl', '-s', '--unix-socket', '/var/run/docker.sock', 'http://stack/containers/json')
  expect(JSON.parse((await ask()).stdout)).toMatchObject([{Names: [expect.stringContaining('-a-1')]}])
  const victim = daemonPid()
  process.kill(victim!, 'SIGKILL')
  await eventually(() => daemonPid() !== undefined && daemonPid() !== victim)
  await eventually(async () => (await ask()).stdout.includes('-a-1'))
  expect((await here.stack('down')).code).toBe(0)
  await eventually(() => !existsSync('/run/stack/api'))
})

describe('what is wrong is told with its place, and nothing is started', () => {
  const service = (more: string) => `services:\n  a:\n    image: host://\n    command: sleep infinity\n    ${more}\n`
  test.each([
    [
      'a profile that is not there',
      service('security_opt: ["seccomp=no.json"]'),
      /compose\.yaml:5:\d+[\s\S]*no\.json is not there/,
    ],
    [
      'a profile that is none',
      service('security_opt: ["seccomp=compose.yaml"]'),
      /compose\.yaml:5:\d+[\s\S]*is not JSON/,
    ],
    ['a mode', service('pid: private'), /compose\.yaml:5:10[\s\S]*services\.a\.pid must be host/],
    [
      'a user namespace',
      service('userns_mode: auto'),
      /compose\.yaml:5:18[\s\S]*services\.a\.userns_mode must be host/,
    ],
    ['a runtime', service('runtime: kata'), /compose\.yaml:5:14[\s\S]*services\.a\.runtime must be runc/],
    [
      'a service that is not there',
      service('pid: "service:b"'),
      /compose\.yaml:5:\d+[\s\S]*service "b" is not defined/,
    ],
    ['a parent outside', service('cgroup_parent: ../other'), /compose\.yaml:5:20[\s\S]*without "\.\."/],
    ['itself', service('pid: "service:a"'), /a (->|→) a/],
    [
      'private IPC',
      `${service('ipc: "service:b"')}  b: {image: "host://", command: sleep infinity}\n`,
      /compose\.yaml:5:5[\s\S]*IPC namespace of service "b" is private[\s\S]*ipc: shareable/,
    ],
    [
      'a name in the host’s namespace',
      service('uts: host\n    hostname: mine'),
      /compose\.yaml:6:5[\s\S]*both hostname and uts: host/,
    ],
  ])('%s', async (_name, compose, message) => {
    const up = await (await project({'compose.yaml': compose})).stack('up', '-d')
    expect(up.code).not.toBe(0)
    expect(up.all).toMatch(message)
    expect(links()).toEqual([])
  })

  test('a profile that the engine cannot honour', async () => {
    const here = await project({
      'profile.json': '{"defaultAction": "SCMP_ACT_NOTIFY"}',
      'compose.yaml': service('security_opt: ["seccomp=profile.json"]'),
    })
    const up = await here.stack('up', '-d')
    expect(up.code).toBe(1)
    expect(up.all).toMatch(/SCMP_ACT_NOTIFY" is not supported/)
    expect(await rows(here)).toEqual([])
  })

  test('a container that does not run', async () => {
    const here = await project({'compose.yaml': service('pid: "container:nobody"')})
    const up = await here.stack('up', '-d')
    expect(up.code).toBe(1)
    expect(up.all).toMatch(/nobody/)
  })
})
