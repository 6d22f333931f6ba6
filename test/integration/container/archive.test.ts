import {Readable} from 'node:stream'
import {extract, pack} from 'tar-stream'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {Machine} from './machine.ts'

let machine: Machine
let id: string
beforeEach(async () => {
  machine = await Machine.start()
  id = await machine.run('while :; do sleep 1; done')
})
afterEach(() => machine[Symbol.asyncDispose]())

type Item = {
  name: string
  type?: 'file' | 'directory' | 'symlink' | 'fifo'
  text?: string
  linkname?: string
  mode?: number
}
const tar = (items: readonly Item[], owner = 0) => {
  const archive = pack()
  for (const {name, type = 'file', text = '', linkname, mode = 0o644} of items) {
    archive.entry({name, type, mode, uid: owner, gid: owner, ...(linkname && {linkname})}, type === 'file' ? text : '')
  }
  archive.finalize()
  return Readable.from(archive)
}
const plain = {path: '/', asUser: false, keepKinds: false, whiteouts: false}
const put = (items: readonly Item[], more: Partial<typeof plain> = {}) =>
  machine.containers.putArchive(id, tar(items), {...plain, ...more})
const sh = async (line: string) => (await machine.exec(id, ['sh', '-c', line])).stdout
const read = async (path: string) => {
  const {archive} = await machine.containers.getArchive(id, path)
  const found: Record<string, string> = {}
  for await (const entry of archive.pipe(extract())) {
    const chunks: Buffer[] = []
    for await (const chunk of entry) chunks.push(chunk as Buffer)
    found[entry.header.name] = entry.header.linkname ?? Buffer.concat(chunks).toString()
  }
  return found
}

describe('files put into a running container', () => {
  test('are there with their modes and owners, in directories that are made', async () => {
    await put([
      {name: 'app/deep/a.txt', text: 'one', mode: 0o755},
      {name: 'app/link', type: 'symlink', linkname: 'deep'},
    ])
    expect(await sh('stat -c "%a %u %n" /app/deep /app/deep/a.txt; cat /app/link/a.txt')).toBe(
      '755 0 /app/deep\n755 0 /app/deep/a.txt\none',
    )
  })

  test('a file that is there keeps its inode; a shorter text leaves nothing of the longer', async () => {
    await put([{name: 'app/a', text: 'a longer text'}])
    const before = await sh('stat -c %i /app/a')
    await put([{name: 'a', text: 'short'}], {path: '/app'})
    expect(await sh('stat -c %i /app/a; cat /app/a')).toBe(`${before}short`)
  })

  test('what a file replaces goes with all below, and the other way round; unless kinds are to be kept', async () => {
    await put([{name: 'app/a/b/c', text: 'x'}])
    await expect(put([{name: 'app/a', text: 'file'}], {keepKinds: true})).rejects.toThrow('cannot overwrite /app/a')
    await put([{name: 'app/a', text: 'file'}])
    expect(await sh('cat /app/a')).toBe('file')
    await put([{name: 'app/a', type: 'directory', mode: 0o750}])
    expect(await sh('stat -c "%a %F" /app/a')).toBe('750 directory\n')
  })

  test('each entry goes where its path leads by then: links and directories that the same archive replaces count', async () => {
    await put(
      [
        {name: 'one/a', text: '1'},
        {name: 'two', type: 'directory', mode: 0o755},
        {name: 'way', type: 'symlink', linkname: 'one'},
        {name: 'way/b', text: '2'},
        {name: 'way', type: 'symlink', linkname: 'two'},
        {name: 'way/c', text: '3', mode: 0o600},
        {name: '.wh.two'},
        {name: 'two/d', text: '4'},
        {name: 'way/e', text: '5'},
        {name: 'one', type: 'symlink', linkname: 'two'},
        {name: 'one/f', text: '6'},
        {name: 'one/f', text: 'six', mode: 0o755},
      ],
      {whiteouts: true},
    )
    expect(await sh('readlink /one; readlink /way; cd /two; ls; cat *; stat -c %a d f')).toBe(
      'two\ntwo\nd\ne\nf\n45six644\n755\n',
    )
  })

  test('whiteouts remove files and directories, also what is not there', async () => {
    await put([
      {name: 'app/a/b/c', text: 'x'},
      {name: 'app/d', text: 'y'},
      {name: 'app/.wh.odd', text: 'kept'},
    ])
    await put([{name: 'app/.wh.a'}, {name: 'app/.wh.d'}, {name: 'app/.wh.none'}, {name: 'none/.wh.none'}], {
      whiteouts: true,
    })
    expect(await sh('ls -A /app; ls / | grep none')).toBe('.wh.odd\n')
  })

  test('no link leads out of the root, wherever it stands', async () => {
    await sh(
      'mkdir -p /real /app; ln -s /real /app/absolute; ln -s ../../../../../../real /app/upwards; ln -s /proc/1/root /app/magic',
    )
    await put([
      {name: 'app/absolute/a', text: '1'},
      {name: 'app/upwards/b', text: '2'},
    ])
    expect(await sh('cat /real/a /real/b')).toBe('12')
    await expect(put([{name: 'app/magic/c', text: '3'}])).rejects.toThrow('symbolic links on its way lead nowhere')
    await expect(put([{name: '../x', text: ''}])).rejects.toThrow('".."')
    await sh('ln -s /outside /app/final')
    await put([{name: 'app/final', text: 'a file now'}])
    expect(await sh('stat -c %F /app/final')).toBe('regular file\n')
  })

  test('the kernel is no place for a copy', async () => {
    await sh('ln -s /proc/self /app')
    await expect(put([{name: 'proc/1/oom_score_adj', text: '5'}])).rejects.toMatchObject({code: 'conflict'})
    await expect(put([{name: 'proc/sys/kernel/hostname', text: 'x'}])).rejects.toMatchObject({code: 'conflict'})
  })

  test('what is mounted below a directory is not emptied by its removal', async () => {
    id = await machine.run('mkdir -p /app/cache; echo kept > /app/cache/a; while :; do sleep 1; done', {
      mounts: [{type: 'tmpfs', target: '/app/cache', options: ''}],
    })
    await sh('until test -s /app/cache/a; do sleep 0.01; done')
    await expect(put([{name: '.wh.app'}], {whiteouts: true})).rejects.toMatchObject({code: 'conflict'})
    expect(await sh('cat /app/cache/a')).toBe('kept\n')
  })

  test('a FIFO is replaced, never waited for', async () => {
    await sh('mkfifo /pipe')
    await put([{name: 'pipe', text: 'text'}])
    expect(await sh('cat /pipe')).toBe('text')
  })

  test('a damaged archive and a path that is none are refused', async () => {
    await expect(put([{name: 'a', text: ''}], {path: '/nowhere'})).rejects.toMatchObject({code: 'not-found'})
    await expect(put([{name: 'a', text: ''}], {path: '/etc/hostname'})).rejects.toMatchObject({code: 'bad-request'})
    const broken = Readable.from([Buffer.alloc(512, 1)])
    await expect(machine.containers.putArchive(id, broken, plain)).rejects.toMatchObject({code: 'bad-request'})
  })

  test('a program that runs is replaced beside it', async () => {
    await sh('cp /bin/busybox /sleeper; /sleeper sleep 100 >/dev/null 2>&1 &')
    await put([{name: 'sleeper', text: 'new'}])
    expect(await sh('cat /sleeper')).toBe('new')
  })
})

describe('files of a container', () => {
  test('a directory with all below, a file, a link as it is and as it leads', async () => {
    await sh(
      'mkdir -p /app/sub; echo -n one > /app/a; echo -n two > /app/sub/b; ln -s /app/a /app/link; ln -s app /way',
    )
    expect(await read('/app')).toEqual({
      'app/': '',
      'app/a': 'one',
      'app/link': '/app/a',
      'app/sub/': '',
      'app/sub/b': 'two',
    })
    expect(Object.keys(await read('/way/'))).toContain('way/a')
    expect(await read('/app/link')).toEqual({link: '/app/a'})
    expect(await machine.containers.statPath(id, '/app/link')).toMatchObject({name: 'link', linkTarget: '/app/a'})
    await expect(machine.containers.statPath(id, '/nothing')).rejects.toMatchObject({code: 'not-found'})
  })
})

test('a container that does not run has its files too, but not what is mounted while it runs', async () => {
  id = await machine.create('cat /app/a; ls /app', {
    mounts: [{type: 'tmpfs', target: '/cache', options: ''}],
  })
  await put([
    {name: 'app/a', text: 'before the start'},
    {name: 'app/b', text: ''},
  ])
  await put([{name: 'app/.wh.b'}], {whiteouts: true})
  expect(await read('/app')).toEqual({'app/': '', 'app/a': 'before the start'})
  await expect(put([{name: 'cache/a', text: 'x'}])).rejects.toThrow('/cache is mounted only while it does')
  await machine.containers.start(id)
  await machine.ended(id)
  expect(await machine.log(id)).toBe('before the starta\n')
  await put([{name: 'app/a', text: 'after the end'}])
  expect(await read('/app/a')).toEqual({a: 'after the end'})
})
