import {mkdirSync, readFileSync, readlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {Machine} from './machine.ts'

let machine: Machine
beforeAll(async () => {
  machine = await Machine.start()
})
afterAll(() => machine[Symbol.asyncDispose]())

const lines = (...parameters: Parameters<Machine['output']>) => machine.lines(...parameters)
const status = async (...changes: Parameters<Machine['output']> extends [string, ...infer Rest] ? Rest : never) =>
  Object.fromEntries((await lines('cat /proc/self/status', ...changes)).map(line => line.split(/:\s*/, 2)))

describe('what a container is', () => {
  test('has namespaces of its own', async () => {
    const kinds = ['pid', 'mnt', 'ipc', 'uts', 'cgroup', 'net']
    const inside = await lines(`for n in ${kinds.join(' ')}; do readlink /proc/self/ns/$n; done`)
    expect(inside).toHaveLength(kinds.length)
    for (const [index, kind] of kinds.entries()) {
      expect(inside[index]).toMatch(new RegExp(`^${kind}:`))
      expect(inside[index]).not.toBe(readlinkSync(`/proc/self/ns/${kind}`))
    }
  })

  test('is process 1, alone', async () => {
    expect(await lines('echo $$; ls -d /proc/[0-9]* | wc -l')).toEqual(['1', expect.stringMatching(/^[1-4]$/)])
  })

  test('keeps of its rights what Docker leaves, and loads the filter', async () => {
    expect(await status()).toMatchObject({
      CapEff: '00000000a80425fb',
      CapPrm: '00000000a80425fb',
      CapBnd: '00000000a80425fb',
      CapInh: '0000000000000000',
      CapAmb: '0000000000000000',
      Seccomp: '2',
      NoNewPrivs: '0',
    })
  })

  test('has no rights as another user, and its groups', async () => {
    expect(await status({config: {user: 'web'}})).toMatchObject({
      Uid: '33\t33\t33\t33',
      Gid: '34\t34\t34\t34',
      Groups: expect.stringMatching(/^50\b/),
      CapEff: '0000000000000000',
      CapBnd: '00000000a80425fb',
    })
  })

  test('capabilities, no-new-privileges and seccomp as asked', async () => {
    const host = {capDrop: ['ALL'], capAdd: ['NET_ADMIN'], securityOpt: ['no-new-privileges', 'seccomp=unconfined']}
    expect(await status({host})).toMatchObject({CapEff: '0000000000001000', NoNewPrivs: '1', Seccomp: '0'})
  })

  test('the filter stops what the capability would not', async () => {
    const text = await machine.output('unshare -U true; mount -t tmpfs x /tmp; echo end', {
      host: {capAdd: ['NET_ADMIN']},
    })
    expect(text).toMatch(/unshare.*Operation not permitted/)
    expect(text).toMatch(/mount.*(Operation not permitted|permission denied)/i)
    expect(text).toContain('end')
  })

  test('privileged has everything', async () => {
    expect(await status({host: {privileged: true}})).toMatchObject({
      Seccomp: '0',
      CapEff: expect.stringMatching(/^000001f/),
    })
    expect(
      await machine.output('mount -t tmpfs x /tmp && touch /proc/sys/kernel/domainname && echo yes', {
        host: {privileged: true},
      }),
    ).toContain('yes')
  })

  test('environment, working directory, names', async () => {
    const config = {env: ['A=1'], workingDir: '/srv/new', hostname: 'box', user: 'web'}
    expect(
      await lines(
        'echo $PATH; echo $HOME; echo $A; pwd; hostname; cat /etc/hostname; cat /etc/hosts; cat /etc/resolv.conf',
        {config},
      ),
    ).toEqual([
      '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      '/var/www',
      '1',
      '/srv/new',
      'box',
      'box',
      '127.0.0.1 localhost box',
      'nameserver 127.0.0.1',
    ])
  })
})

describe('what it sees of the kernel', () => {
  test('masked files are empty, masked directories too', async () => {
    const text = await machine.output(
      'for f in /proc/kcore /proc/keys /proc/timer_list /proc/interrupts; do test -e $f && head -c1 $f | wc -c; done; ls /sys/firmware /proc/acpi /proc/scsi 2>/dev/null | grep -v : ; echo end',
    )
    expect(
      text
        .trim()
        .split('\n')
        .filter(each => each !== '' && each !== '0'),
    ).toEqual(['end'])
  })

  test('read-only paths refuse to be written', async () => {
    const text = await machine.output('echo 1 > /proc/sys/kernel/panic; mkdir /sys/x; mkdir /sys/fs/cgroup/x; echo end')
    expect(text.match(/Read-only file system/g), text).toHaveLength(3)
    expect(text).toContain('end')
  })

  test('the devices of Docker, and no other', async () => {
    expect(await lines('ls -1 /dev')).toEqual(
      'fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero'.split(' '),
    )
    expect(
      await lines(
        'echo x > /dev/null; head -c2 /dev/zero | wc -c; head -c2 /dev/urandom | wc -c; echo out > /dev/stdout',
      ),
    ).toEqual(['2', '2', 'out'])
  })

  test('a node for the host’s memory or disk cannot be opened', async () => {
    const text = await machine.output(
      'mknod /mem c 1 1 && head -c1 /mem; mknod /disk b 254 0 && head -c1 /disk | wc -c; echo end',
    )
    expect(text).toMatch(/(mem|mknod).*Operation not permitted/)
    expect(text).not.toMatch(/^[1-9]/m)
  })

  test('its own cgroup, and the limits in it', async () => {
    const host = {resources: {memory: 64 << 20, pids: 50, nanoCpus: 5e8, cpuset: '0', cpuShares: 512}}
    const id = await machine.run('cat /proc/self/cgroup; sleep 60', {host})
    const read = (controller: string, file: string) => {
      const parent = process.env.STACK_CGROUP_PARENT ?? 'stack'
      return readFileSync(join('/sys/fs/cgroup', controller, parent, id.slice(0, 16), file), 'utf8').trim()
    }
    expect(read('memory', 'memory.limit_in_bytes')).toBe(String(64 << 20))
    expect(read('pids', 'pids.max')).toBe('50')
    expect(read('cpu', 'cpu.cfs_quota_us')).toBe('50000')
    expect(read('cpu', 'cpu.shares')).toBe('512')
    expect(read('cpuset', 'cpuset.cpus')).toBe('0')
    await machine.prints(id, 'memory')
    expect(
      (await machine.log(id))
        .split('\n')
        .filter(line => /:(memory|pids|cpu):/.test(line))
        .every(line => line.endsWith(':/')),
    ).toBe(true)
    const seen = await machine.exec(id, ['cat', '/sys/fs/cgroup/memory/memory.limit_in_bytes'])
    expect(seen.stdout.trim()).toBe(String(64 << 20))
    await machine.containers.stop(id, {signal: 9, grace: 0})
  })

  test('limits of processes', async () => {
    expect(await machine.output('ulimit -n; ulimit -Hn', {host: {ulimits: {nofile: {soft: 100, hard: 200}}}})).toBe(
      '100\n200\n',
    )
  })

  test('sysctls of its own namespaces', async () => {
    const host = {sysctls: {'net.core.somaxconn': '77', 'kernel.shmmni': '99'}}
    expect(await lines('cat /proc/sys/net/core/somaxconn /proc/sys/kernel/shmmni', {host})).toEqual(['77', '99'])
    expect(readFileSync('/proc/sys/kernel/shmmni', 'utf8').trim()).not.toBe('99')
  })
})

describe('mounts', () => {
  test('bind, read-only bind, tmpfs, file and volume', async () => {
    const shared = join(machine.paths.state, 'shared')
    mkdirSync(shared)
    writeFileSync(join(shared, 'given'), 'given\n')
    await machine.volumes.create({name: 'data', driver: 'local', options: {}, labels: {}})
    const text = await lines(
      'exec 2>&1; cat /b/given; echo back > /b/written; echo no > /ro/x; echo t > /t/file && df -k /t | tail -1 | awk "{print \\$2}"; stat -c %a /t; cat /run/key; stat -c "%u %g %a" /run/key; echo no > /run/key; echo kept > /v/kept; df -k /dev/shm | tail -1 | awk "{print \\$2}"; echo end',
      {
        host: {shmSize: 1 << 20},
        mounts: [
          {type: 'bind', source: shared, target: '/b', readOnly: false},
          {type: 'bind', source: shared, target: '/ro', readOnly: true},
          {type: 'tmpfs', target: '/t', size: 1 << 20, mode: 0o750},
          {type: 'file', index: 0, target: '/run/key', uid: 33, gid: 34, mode: 0o400},
          {type: 'volume', name: 'data', anonymous: false, target: '/v', readOnly: false, nocopy: false},
        ],
      },
      [Buffer.from('secret\n')],
    )
    expect(text).toEqual([
      'given',
      expect.stringMatching(/can't create \/ro\/x: Read-only file system/),
      '1024',
      '750',
      'secret',
      '33 34 400',
      expect.stringMatching(/can't create \/run\/key: Read-only file system/),
      '1024',
      'end',
    ])
    expect(readFileSync(join(shared, 'written'), 'utf8')).toBe('back\n')
    expect(
      await machine.output('cat /w/kept', {
        mounts: [{type: 'volume', name: 'data', anonymous: false, target: '/w', readOnly: true, nocopy: false}],
      }),
    ).toBe('kept\n')
  })

  test('an empty volume is filled from the image, unless it must not be', async () => {
    for (const name of ['filled', 'bare'])
      await machine.volumes.create({name, driver: 'local', options: {}, labels: {}})
    const mount = (name: string, nocopy: boolean) =>
      ({type: 'volume', name, anonymous: false, target: '/seed', readOnly: false, nocopy}) as const
    const script = 'cd /seed; ls -1; stat -c %a file; cat link inner/deep; echo changed > file'
    expect(await lines(script, {mounts: [mount('filled', false)]})).toEqual([
      'file',
      'inner',
      'link',
      '640',
      'seededdeep',
    ])
    expect((await lines(script, {mounts: [mount('filled', false)]})).slice(-2)).toEqual(['changed', 'deep'])
    expect(await lines('ls -1 /seed | wc -l', {mounts: [mount('bare', true)]})).toEqual(['0'])
  })

  test('a read-only root', async () => {
    const text = await machine.output('echo x > /x; echo y > /tmp/y && echo wrote', {
      host: {readOnlyRootfs: true},
      mounts: [{type: 'tmpfs', target: '/tmp'}],
    })
    expect(text).toMatch(/can't create \/x: Read-only file system/)
    expect(text).toContain('wrote')
  })

  test('its own changes are there after a restart, and do not reach the image', async () => {
    const id = await machine.run('test -e /mark && echo again; touch /mark')
    await machine.ended(id)
    machine.exits.length = 0
    await machine.containers.start(id)
    await machine.ended(id)
    expect(await machine.log(id)).toBe('again\n')
    expect(await machine.output('test -e /mark || echo clean')).toBe('clean\n')
  })
})
