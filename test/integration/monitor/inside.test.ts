import {mkdirSync, symlinkSync, writeFileSync} from 'node:fs'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {Box} from './box.ts'

let box: Box
beforeEach(() => {
  box = new Box()
})
afterEach(() => box[Symbol.asyncDispose]())

test('a root of its own: process 1, its own names, nothing of the host', async () => {
  const output = await box.output('echo $$; hostname; ls / | xargs; cat /proc/sys/kernel/domainname', {
    inside: [
      ['hostname', 'one'],
      ['domainname', 'example'],
    ],
  })
  expect(output).toBe('1\none\nbin dev etc proc\nexample\n')
})

test('files, directories, links and devices are made as they are said', async () => {
  const output = await box.output(
    'stat -c "%n %a %u %g %F" /a/b /a/file /dev/one /a/link; cat /a/file; readlink /a/link',
    {
      inside: [
        ['mkdir', '/a/b', '1770', '3', '4'],
        ['file', '/a/file', '0640', 'some text\n'],
        ['symlink', 'b', '/a/link'],
        ['symlink', 'elsewhere', '/a/link'],
        ['device', '/dev/one', 'b', '7', '9', '0600', '5', '6'],
      ],
    },
  )
  expect(output.split('\n')).toEqual([
    '/a/b 1770 3 4 directory',
    '/a/file 640 0 0 regular file',
    '/dev/one 600 5 6 block special file',
    '/a/link 777 0 0 symbolic link',
    'some text',
    'b',
    '',
  ])
})

test('binds are read-only where asked, with all below them, and follow the source: file or directory', async () => {
  mkdirSync(box.path('shared/inner'), {recursive: true})
  writeFileSync(box.path('shared/inner/file'), 'here')
  const output = await box.output(
    'exec 2>&1; cat /both/inner/file /one; touch /both/new && echo written; touch /ro/inner/no; touch /one',
    {
      inside: [
        ['bind', box.path('shared'), '/both', 'rec,nosuid,nodev,private'],
        ['bind', box.path('shared'), '/ro', 'rec,ro'],
        ['bind', box.path('shared/inner/file'), '/one', 'ro'],
      ],
    },
  )
  expect(output).toBe(
    'hereherewritten\ntouch: /ro/inner/no: Read-only file system\ntouch: /one: Read-only file system\n',
  )
})

test('a link in the image leads nowhere outside of it', async () => {
  symlinkSync('/../../../../../../etc', box.path('root/trap'))
  symlinkSync('/run', box.path('root/etc/up'))
  const output = await box.output('cat /etc/planted /run/deep/file', {
    inside: [
      ['file', '/trap/planted', '0644', 'inside\n'],
      ['file', '/etc/up/deep/file', '0644', 'inside, too\n'],
    ],
  })
  expect(output).toBe('inside\ninside, too\n')
})

test('what is masked is empty, what is read-only stays readable, what is missing is skipped', async () => {
  const output = await box.output(
    'exec 2>&1; cat /proc/version | wc -c; ls /secret | wc -l; touch /secret/x 2>&1 | sed s/.*:.//; cat /proc/sys/kernel/hostname; echo x > /proc/sys/kernel/hostname',
    {
      inside: [
        ['mkdir', '/secret/inner', '755', '0', '0'],
        ['hostname', 'box'],
        ['mask', '/proc/version'],
        ['mask', '/secret'],
        ['mask', '/nothing/here'],
        ['readonly', '/proc/sys'],
        ['readonly', '/nothing'],
      ],
    },
  )
  expect(output).toBe(
    "0\n0\nRead-only file system\nbox\nsh: can't create /proc/sys/kernel/hostname: Read-only file system\n",
  )
})

test('a read-only root, a second overlay inside it', async () => {
  for (const name of ['lower', 'upper2', 'work2']) mkdirSync(box.path(name))
  writeFileSync(box.path('lower/seed'), 'seed\n')
  const output = await box.output('touch /x 2>&1; cat /data/seed; echo new > /data/new; ls /fixed', {
    inside: [
      ['overlay', '/data', box.path('upper2'), box.path('work2'), box.path('lower')],
      ['overlay', '/fixed', '', '', box.path('lower'), box.path('root')],
    ],
    process: [['root-readonly']],
  })
  expect(output).toBe('touch: /x: Read-only file system\nseed\nbin\netc\nseed\n')
  expect(box.read('upper2/new')).toBe('new\n')
})

test('a device node on the root opens nothing where that is said', async () => {
  const script = 'rm -f /node; mknod /node c 1 5 && head -c 1 /node | wc -c'
  const output = await box.output(`${script} 2>&1`)
  const closed = await box.output(`${script} 2>&1`, {process: [['root-nodev']]})
  expect([output.trim(), closed]).toEqual(['1', expect.stringContaining('Permission denied')])
})

test('limits, user, groups, umask, directory and environment are what was said, and nothing else', async () => {
  const output = await box.output('ulimit -n; id; umask; pwd; env | sort; cat /proc/self/oom_score_adj', {
    inside: [['mkdir', '/home/me', '755', '7', '8']],
    process: [
      ['rlimit', 'nofile', '100', '200'],
      ['oom-score-adj', '500'],
      ['umask', '0077'],
      ['user', '7', '8', '9,10'],
      ['cwd', '/home/me'],
      ['env', 'NAME=a value'],
    ],
  })
  expect(output.split('\n')).toEqual([
    '100',
    'uid=7 gid=8 groups=9,10',
    '0077',
    '/home/me',
    'NAME=a value',
    'PATH=/bin',
    'PWD=/home/me',
    'SHLVL=1',
    '500',
    '',
  ])
})

test('an unlimited limit is as much as there is', async () => {
  const output = await box.output('ulimit -Hn', {process: [['rlimit', 'nofile', '-1', '-1']]})
  expect(Number(output)).toBeGreaterThan(0)
})

const capabilities = 'grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status | tr -d "\\t" | xargs'

test('root keeps the capabilities that it is given, and no others can be had', async () => {
  const output = await box.output(capabilities, {
    process: [['no-new-privileges'], ['capabilities', 'a80425fb', '21'], ['user', '0', '0', '']],
  })
  // An exec of root's gets what is bounded: effective is what the program itself had before.
  expect(output).toContain('CapInh:0000000000000000')
  expect(output).toContain('CapBnd:00000000a80425fb')
  expect(output).toContain('CapAmb:0000000000000000 NoNewPrivs:1')
})

test('another user has none', async () => {
  const output = await box.output(capabilities, {
    process: [
      ['capabilities', 'a80425fb', 'a80425fb'],
      ['user', '7', '7', ''],
    ],
  })
  expect(output).toMatch(/CapPrm:0{16} CapEff:0{16} CapBnd:00000000a80425fb/)
})

test('a seccomp filter is loaded from a file of the host', async () => {
  // mkdir fails with EDOM, all else is allowed.
  const filter = Buffer.alloc(32)
  const instruction = (at: number, code: number, [jt, jf]: [number, number], k: number) => {
    filter.writeUInt16LE(code, at * 8)
    filter[at * 8 + 2] = jt
    filter[at * 8 + 3] = jf
    filter.writeUInt32LE(k, at * 8 + 4)
  }
  instruction(0, 0x20, [0, 0], 0)
  instruction(1, 0x15, [0, 1], process.arch === 'arm64' ? 34 : 83)
  instruction(2, 0x06, [0, 0], 0x00050021)
  instruction(3, 0x06, [0, 0], 0x7fff0000)
  writeFileSync(box.path('filter'), filter)
  const output = await box.output('mkdir /x 2>&1; grep Seccomp: /proc/self/status | tr -d "\\t"', {
    process: [['seccomp', box.path('filter')]],
  })
  expect(output).toMatch(/argument out of domain\nSeccomp:2\n$/)
})

test('sysctls are those of its own namespaces', async () => {
  const output = await box.output('cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/msgmax', {
    inside: [
      ['sysctl', 'net.ipv4.ip_unprivileged_port_start', '77'],
      ['sysctl', 'kernel.msgmax', '9999'],
    ],
  })
  expect(output).toBe('77\n9999\n')
})

test('it has the descriptors 0 to 2 and no other, and signals at their defaults', async () => {
  const output = await box.output('ls /proc/self/fd | xargs; grep -E "Sig(Blk|Ign)" /proc/self/status | tr -d "\\t"')
  // The fourth is the directory that ls reads.
  expect(output).toBe('0 1 2 3\nSigBlk:0000000000000000\nSigIgn:0000000000000000\n')
})

test('an init forwards signals, reaps, and ends with the code of the program', async () => {
  await box.sh('trap "exit 9" USR1; (sleep 0.05 &) ; echo $$; while :; do sleep 0.05; done', {process: [['init']]})
  await box.prints('2\n')
  await (await import('../../../src/runtime/monitor/control.ts')).sendSignal(box.control, 10)
  expect(await box.ended()).toMatchObject({code: 9, signal: 0})
})
