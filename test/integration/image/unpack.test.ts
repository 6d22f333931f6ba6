import {execFileSync} from 'node:child_process'
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {describe as chain} from '../../../src/base/error.ts'
import {native} from '../../../src/native/binding.ts'
import {unpackLayer} from '../../../src/runtime/image/unpack/layer.ts'
import {limitsFrom} from '../../../src/runtime/image/unpack/limits.ts'
import {digestOf, type TarPart, tarOf} from '../../support/tar.ts'

let base: string
let root: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'stack-unpack-'))
  root = join(base, 'layer')
  mkdirSync(root)
})
afterEach(() => rmSync(base, {recursive: true, force: true}))

const at = (path: string) => join(root, path)

async function* once(bytes: Uint8Array) {
  yield bytes
}

/** Unpacks bytes into the test's directory, or another one. */
async function unpackBytes(
  bytes: Buffer,
  {
    packed = bytes,
    lowers = [],
    to = root,
    limits = {},
  }: {
    packed?: Buffer
    lowers?: string[]
    to?: string
    limits?: NodeJS.ProcessEnv
  } = {},
): Promise<void> {
  const archive = {
    name: `sha256:${'1'.repeat(64)}`,
    diffId: digestOf(bytes),
    open: () => once(packed),
    below: async () => lowers,
  }
  await unpackLayer(to, archive, limitsFrom(limits))
}

const unpack = (...parts: TarPart[]) => unpackBytes(tarOf(...parts))

const refusalOf = (action: Promise<void>): Promise<string> =>
  action.then(
    () => 'taken',
    error => chain(error),
  )

/** An extended attribute's bytes in hex, asked of the kernel by another program. */
const xattr = (path: string, name: string): string =>
  execFileSync(
    'python3',
    ['-c', 'import os,sys;print(os.getxattr(sys.argv[1],sys.argv[2],follow_symlinks=False).hex())', path, name],
    {
      encoding: 'utf8',
    },
  ).trim()

/** What overlayfs shows of layers, uppermost first, to a shell line that runs in it. */
function overlaid(layers: string[], script: string): string {
  const mount = `mount -t overlay -o ro,lowerdir=${layers.join(':')} overlay "$1" && cd "$1" && ${script}`
  const merged = join(base, 'merged')
  mkdirSync(merged, {recursive: true})
  return execFileSync('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', mount, 'sh', merged], {
    encoding: 'utf8',
  }).trim()
}

describe('what an archive has', () => {
  test('owners, modes with setuid, times to the nanosecond, links, nodes', async () => {
    await unpack(
      {name: './', type: '5', mode: 0o711, uid: 5},
      {name: './bin/', type: '5', mode: 0o1777, mtime: 123},
      {name: './bin/su', data: 'program', mode: 0o4755, uid: 7, gid: 8, pax: {mtime: '1500000000.123456789'}},
      {name: './bin/sh', type: '2', link: 'su', uid: 9, pax: {mtime: '-1.5'}},
      {
        name: './bin/hard',
        type: '1',
        link: './bin/su',
        mode: 0o4755,
        uid: 7,
        gid: 8,
        pax: {mtime: '1500000000.123456789'},
      },
      {name: 'dev/null', type: '3', mode: 0o666, major: 1, minor: 3},
      {name: 'dev/disk', type: '4', mode: 0o660, gid: 6, major: 259, minor: 300},
      {name: 'run/pipe', type: '6', mode: 0o600},
      {name: 'big-owner', uid: 0, pax: {uid: '4000000000', gid: '3000000000'}},
    )
    expect(statSync(root)).toMatchObject({uid: 5, mode: 0o40711})
    const su = lstatSync(at('bin/su'), {bigint: true})
    expect(su).toMatchObject({mode: 0o104755n, uid: 7n, gid: 8n, nlink: 2n, mtimeNs: 1500000000123456789n})
    expect(lstatSync(at('bin/hard')).ino).toBe(Number(su.ino))
    expect(lstatSync(at('bin'))).toMatchObject({mode: 0o41777, mtimeMs: 123_000})
    expect(readlinkSync(at('bin/sh'))).toBe('su')
    expect(lstatSync(at('bin/sh'))).toMatchObject({uid: 9, mtimeMs: -1500})
    expect(
      execFileSync('stat', ['-c', '%F %a %t:%T', at('dev/null'), at('dev/disk'), at('run/pipe')], {encoding: 'utf8'}),
    ).toBe('character special file 666 1:3\nblock special file 660 103:12c\nfifo 600 0:0\n')
    expect(lstatSync(at('big-owner'))).toMatchObject({uid: 4000000000, gid: 3000000000})
    expect(lstatSync(at('dev')).mode).toBe(0o40755)
  })

  test('extended attributes: capabilities and user.*, none of overlayfs or the host', async () => {
    const capability = Buffer.from('0100000200f4ff8000000000ffffffff00000000', 'hex')
    await unpack({
      name: 'ping',
      uid: 3,
      pax: {
        'SCHILY.xattr.security.capability': capability,
        'SCHILY.xattr.trusted.overlay.opaque': 'y',
        'SCHILY.xattr.security.selinux': 'x',
      },
    })
    expect(xattr(at('ping'), 'security.capability')).toBe(capability.toString('hex'))
    expect(() => xattr(at('ping'), 'trusted.overlay.opaque')).toThrow()
  })

  test('names: long ones of PAX and GNU, and bytes that are no text', async () => {
    const long = `${'d'.repeat(120)}/${'f'.repeat(200)}`
    await unpack(
      {name: 'short', data: 'pax', pax: {path: `pax/${long}`}},
      {name: '././@LongLink', type: 'L', data: `gnu/${long}\0`},
      {name: 'cut', data: 'gnu'},
      {name: '././@LongLink', type: 'K', data: `${'t'.repeat(300)}\0`},
      {name: 'link', type: '2', link: 'cut'},
      {name: 'x', data: 'bytes', pax: {path: Buffer.from([0x61, 0xff, 0xfe])}},
    )
    expect(readFileSync(at(`pax/${long}`), 'utf8')).toBe('pax')
    expect(readFileSync(at(`gnu/${long}`), 'utf8')).toBe('gnu')
    expect(readlinkSync(at('link'))).toBe('t'.repeat(300))
    expect(readFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0x61, 0xff, 0xfe])]), 'utf8')).toBe(
      'bytes',
    )
  })

  test.each([
    'gnu',
    'pax',
    'ustar',
    'v7',
    'oldgnu',
    'posix --sparse',
    'gnu --sparse',
    'pax --sparse --sparse-version=0.1',
    'pax --sparse --sparse-version=0.0',
  ])('as GNU tar writes it: %s', async format => {
    const from = join(base, 'from')
    mkdirSync(join(from, 'sub'), {recursive: true})
    writeFileSync(join(from, 'holes'), 'start')
    truncateSync(join(from, 'holes'), 3_000_000)
    writeFileSync(join(from, 'holes'), 'end', {flag: 'a'})
    writeFileSync(join(from, 'sub/large'), Buffer.alloc(2_500_001, 'abc'))
    linkSync(join(from, 'sub/large'), join(from, 'sub/second'))
    symlinkSync('large', join(from, 'sub/link'))
    const archive = execFileSync('tar', ['-c', ...`--format=${format}`.split(' '), '-C', from, '.'], {
      maxBuffer: 1 << 28,
    })
    await unpackBytes(archive)
    execFileSync('diff', ['--recursive', '--no-dereference', from, root])
    expect(lstatSync(at('sub/second')).nlink).toBe(2)
    if (format.includes('sparse')) expect(lstatSync(at('holes')).blocks).toBeLessThan(1000)
  })

  test('packed with gzip (several members) and zstd (several frames)', async () => {
    const archive = tarOf({name: 'file', data: Buffer.alloc(700_000, 'content ')}, {name: 'more', data: 'x'})
    const [first, second] = [archive.subarray(0, 1000), archive.subarray(1000)]
    const zstd = (bytes: Buffer, ...options: string[]) => execFileSync('zstd', ['-q', '-c', ...options], {input: bytes})
    const skippable = Buffer.concat([Buffer.from('502a4d1803000000', 'hex'), Buffer.from('abc')])
    for (const packed of [
      gzipSync(archive),
      Buffer.concat([gzipSync(first), gzipSync(second)]),
      zstd(archive),
      Buffer.concat([skippable, zstd(first), skippable, zstd(second, '-19', '--no-check')]),
      zstd(archive, '--long=27'),
    ]) {
      const to = mkdtempSync(join(base, 'packed-'))
      await unpackBytes(archive, {packed, to})
      expect(readFileSync(join(to, 'file'), 'utf8')).toBe('content '.repeat(87_500))
      expect(readFileSync(join(to, 'more'), 'utf8')).toBe('x')
    }
  })

  test('a later entry of the same path replaces an earlier one', async () => {
    await unpack(
      {name: 'a', data: 'file'},
      {name: 'b', type: '1', link: 'a'},
      {name: 'a', data: 'second'},
      {name: 'c', type: '2', link: 'b'},
      {name: 'c', data: 'not through the link'},
      {name: 'd', type: '5'},
      {name: 'd', data: 'file now'},
      {name: 'e', data: 'file'},
      {name: 'e', type: '5'},
      {name: 'e/f', data: 'below'},
    )
    const contents = ['a', 'b', 'c', 'd', 'e/f'].map(name => readFileSync(at(name), 'utf8'))
    expect(contents).toEqual(['second', 'file', 'not through the link', 'file now', 'below'])
  })

  test('nothing at all is a layer too', async () => {
    await unpack()
    expect(readdirSync(root)).toEqual([])
    await unpackBytes(Buffer.alloc(0))
  })

  test('a leading slash means the root of the layer', async () => {
    const name = `/stack-absolute-${process.pid}`
    await unpack({name, data: 'inside'})
    expect(readFileSync(at(name), 'utf8')).toBe('inside')
    expect(existsSync(name)).toBe(false)
  })
})

describe('a layer over others', () => {
  let lower: string
  beforeEach(async () => {
    lower = join(base, 'lower')
    mkdirSync(lower)
    const parts: TarPart[] = [
      {name: './', type: '5', mode: 0o750, uid: 33},
      {name: 'tmp/', type: '5', mode: 0o1777, uid: 12, mtime: 99},
      {name: 'dir/', type: '5'},
      {name: 'dir/old', data: 'old'},
      {name: 'dir/deep/er', data: 'deep'},
      {
        name: 'real/tool',
        data: 'tool',
        mode: 0o4711,
        uid: 4,
        mtime: 77,
        pax: {'SCHILY.xattr.security.capability': Buffer.from('0100000200f4ff8000000000ffffffff00000000', 'hex')},
      },
      {name: 'bin', type: '2', link: 'real'},
    ]
    await unpackBytes(tarOf(...parts), {to: lower})
  })
  const over = (...parts: TarPart[]) => unpackBytes(tarOf(...parts), {lowers: [lower]})
  const shows = (script: string) => overlaid([root, lower], script)

  test('hides what it says, and keeps what it has itself, in whatever order', async () => {
    await over(
      {name: 'dir/.wh.old'},
      {name: 'tmp/.wh..wh..opq'},
      {name: 'tmp/new', data: 'new'},
      {name: '.wh.bin', type: '1', link: '.wh..wh.plnk/1.2'},
      {name: 'real/', type: '5'},
      {name: 'real/tool', data: 'mine'},
      {name: '.wh.real'},
      {name: '.wh..wh.plnk/1.2', data: 'ignored'},
      {name: 'dir/.wh.deep'},
      {name: 'dir/deep/other', data: 'other'},
    )
    expect(shows('find . -mindepth 1 | sort | xargs')).toBe(
      './dir ./dir/deep ./dir/deep/other ./real ./real/tool ./tmp ./tmp/new',
    )
    expect(shows('cat real/tool')).toBe('mine')
  })

  test.each<[string, TarPart]>([
    ['a file', {name: 'dir', data: 'a file now'}],
    ['a link', {name: 'dir', type: '2', link: 'real'}],
  ])('%s in place of a directory, with marks for what was in that, before or after', async (_what, now) => {
    const marks = [{name: 'dir/.wh.old'}, {name: 'dir/deep/.wh.er'}, {name: 'dir/.wh.tool'}]
    const opaque = {name: 'dir/.wh..wh..opq'}
    for (const parts of [
      [now, ...marks, opaque],
      [opaque, ...marks, now],
    ]) {
      rmSync(root, {recursive: true, force: true})
      mkdirSync(root)
      await over(...parts)
      expect(readdirSync(root)).toEqual(['dir'])
      expect(lstatSync(at('dir')).isDirectory()).toBe(false)
      expect(shows('cat real/tool')).toBe('tool')
    }
  })

  test('marks by a link that leads out say nothing', async () => {
    const victim = join(base, 'victim')
    mkdirSync(join(victim, 'sub'), {recursive: true})
    writeFileSync(join(victim, 'file'), 'precious')
    await over({name: 'abs', type: '2', link: victim}, {name: 'abs/.wh.file'}, {name: 'abs/sub/.wh..wh..opq'})
    expect(readdirSync(root)).toEqual(['abs'])
    expect(readdirSync(victim).sort()).toEqual(['file', 'sub'])
    expect(lstatSync(join(victim, 'file')).isFile()).toBe(true)
  })

  test('something in place of a directory that has content is refused, and that content stays', async () => {
    const parts = [{name: 'dir/.wh.old'}, {name: 'dir/mine', data: ''}, {name: 'dir', data: ''}]
    expect(await refusalOf(over(...parts))).toContain('it would replace a directory that has something in it')
  })

  test('an opaque mark on the root hides all of the others', async () => {
    await over({name: '.wh..wh..opq'}, {name: 'dir/mine', data: ''})
    expect(shows('find . -mindepth 1 | sort | xargs')).toBe('./dir ./dir/mine')
  })

  test('directories that it does not name are as they were below', async () => {
    await over({name: 'tmp/new', data: ''})
    expect(statSync(at('tmp'))).toMatchObject({mode: 0o41777, uid: 12, mtimeMs: 99_000})
    expect(statSync(root)).toMatchObject({mode: 0o40750, uid: 33})
  })

  test('a hard link to a file below takes it up with all that it has', async () => {
    await over({name: 'new/name', type: '1', link: 'bin/tool'}, {name: 'new/second', type: '1', link: 'new/name'})
    const tool = lstatSync(at('new/name'))
    expect(tool).toMatchObject({mode: 0o104711, uid: 4, nlink: 3, mtimeMs: 77_000})
    expect(xattr(at('new/name'), 'security.capability')).toBe('0100000200f4ff8000000000ffffffff00000000')
    expect(lstatSync(at('new/second')).ino).toBe(tool.ino)
    expect(shows('cat bin/tool; stat -c %h real/tool')).toBe('tool3')
  })

  test('a hard link to what is hidden or was never there is refused', async () => {
    expect(await refusalOf(over({name: '.wh.real'}, {name: 'x', type: '1', link: 'real/tool'}))).toContain(
      'entry "x" is refused: it is a hard link to "real/tool", which is not there',
    )
  })

  test('a link of the layer below leads nowhere else', async () => {
    symlinkSync('/etc', join(lower, 'etc-link'))
    symlinkSync('../../../../etc', join(lower, 'up'))
    await over({name: 'etc-link/stack-escaped', data: 'x'})
    expect(readFileSync(at('etc-link/stack-escaped'), 'utf8')).toBe('x')
    expect(existsSync('/etc/stack-escaped')).toBe(false)
    for (const link of ['etc-link/hostname', 'up/hostname', 'up/passwd']) {
      const to = mkdtempSync(join(base, 'over-'))
      expect(await refusalOf(unpackBytes(tarOf({name: 'x', type: '1', link}), {lowers: [lower], to}))).toContain(
        'is not there',
      )
    }
  })
})

describe('a hostile archive is refused, and nothing is written outside', () => {
  const victim = () => join(base, 'victim')
  beforeEach(() => {
    mkdirSync(victim())
    writeFileSync(join(victim(), 'file'), 'untouched')
  })
  afterEach(() => {
    expect(readdirSync(base).sort()).toEqual(['layer', 'victim'])
    expect(readdirSync(victim())).toEqual(['file'])
    expect(readFileSync(join(victim(), 'file'), 'utf8')).toBe('untouched')
    expect(lstatSync(join(victim(), 'file')).nlink).toBe(1)
  })

  const leadsOut = 'a symbolic link on its way leads out'
  const newBelowLink = (name: string, link: string): TarPart[] => [
    {name, type: '2', link},
    {name: `${name}/new`, data: 'x'},
  ]

  test.each<[what: string, message: string, parts: (base: string) => TarPart[]]>([
    ['a path with ..', 'entry "../victim/new" is refused: its path leads upwards', () => [{name: '../victim/new'}]],
    ['.. in the middle', 'leads upwards', () => [{name: 'a/'}, {name: 'a/../../victim/new'}]],
    ['.. in a long name', 'leads upwards', () => [{name: 'x', pax: {path: './../victim/new'}}]],
    ['.. in a mark', 'hides nothing that can be named', () => [{name: 'a/.wh...'}]],
    ['a mark outside', 'leads upwards', () => [{name: '../victim/.wh.file'}]],
    ['a zero byte', 'zero byte', () => [{name: 'x', pax: {path: 'a\0b'}}]],
    ['a link upwards as parent', leadsOut, () => newBelowLink('up', '../victim')],
    ['an absolute link as parent', leadsOut, base => newBelowLink('abs', `${base}/victim`)],
    [
      'a link that leads out where one stood that did not',
      leadsOut,
      () => [
        {name: 'dir', type: '5'},
        {name: 'way', type: '2', link: 'dir'},
        {name: 'way/inside', data: 'x'},
        ...newBelowLink('way', '../victim'),
      ],
    ],
    [
      'a directory that becomes a link',
      leadsOut,
      () => [{name: 'way', type: '5'}, ...newBelowLink('way', '../victim')],
    ],
    [
      'a chain of links',
      leadsOut,
      () => [
        {name: 'dir', type: '5'},
        {name: 'dir/one', type: '2', link: '..'},
        {name: 'two', type: '2', link: 'dir/one/..'},
        {name: 'two/victim/new', data: 'x'},
      ],
    ],
    [
      'a link by /proc',
      'refused',
      () => [
        {name: 'proc', type: '2', link: '/proc/self/root'},
        {name: 'proc/tmp/new', data: 'x'},
      ],
    ],
    [
      'a directory over a link',
      'leads out',
      base => [
        {name: 'a', type: '5'},
        {name: 'a/l', type: '2', link: `${base}/victim`},
        {name: 'a/l/sub/', type: '5'},
      ],
    ],
    ['a hard link upwards', 'leads upwards', () => [{name: 'x', type: '1', link: '../victim/file'}]],
    [
      'a hard link to an absolute path',
      'which is not there',
      base => [{name: 'x', type: '1', link: `${base}/victim/file`}],
    ],
    [
      'a hard link by a link',
      'leads out',
      base => [
        {name: 'abs', type: '2', link: `${base}/victim`},
        {name: 'x', type: '1', link: 'abs/file'},
      ],
    ],
    [
      'a hard link to a directory',
      'refused',
      () => [
        {name: 'd', type: '5'},
        {name: 'x', type: '1', link: 'd'},
      ],
    ],
    [
      'links in a circle',
      'symbolic links on its way lead nowhere',
      () => [{name: 'a', type: '2', link: 'b'}, {name: 'b', type: '2', link: 'a'}, {name: 'a/x'}],
    ],
    [
      'a file over a directory with something in it',
      'entry "d" is refused: it would replace a directory',
      () => [
        {name: 'd/e', data: ''},
        {name: 'd', data: ''},
      ],
    ],
    ['something below a file', 'something on its way is not a directory', () => [{name: 'f'}, {name: 'f/g'}]],
    [
      'a file in place of the root',
      'the root of a layer is a directory',
      () => [{name: './', type: '2', link: '/etc'}],
    ],
    ['an unknown type', 'unknown type "Z"', () => [{name: 'x', type: 'Z'}]],
    ['a name that is too long', 'too long', () => [{name: 'x', pax: {path: 'n'.repeat(300)}}]],
    ['a path that is too long', 'too long', () => [{name: 'x', pax: {path: 'n/'.repeat(3000)}}]],
    ['a huge header', 'a header of 8589934591 bytes', () => [{name: 'x', type: 'x', claims: 0o77777777777}]],
    [
      'a header that cannot be read',
      'an extended header cannot be read',
      () => [{name: 'x', type: 'x', data: '99999 a=b\n'}],
    ],
    ['an impossible owner', 'its owner', () => [{name: 'x', pax: {uid: '4294967295'}}]],
    [
      'an attribute that is too large',
      'ping',
      () => [{name: 'ping', pax: {'SCHILY.xattr.user.x': 'v'.repeat(70_000)}}],
    ],
    ['a file that is longer than the archive', 'ends within a file', () => [{name: 'x', data: 'abc', claims: 1e9}]],
    [
      'a sparse file of impossible size',
      'is refused',
      () => [{name: 'x', pax: {'GNU.sparse.size': '9000000000000000', 'GNU.sparse.map': '0,0'}}],
    ],
    [
      'a list of holes that overlap',
      'makes no sense',
      () => [{name: 'x', data: 'abcd', pax: {'GNU.sparse.size': '10', 'GNU.sparse.map': '0,2,1,2'}}],
    ],
  ])('%s: %s', async (_what, message, parts) => {
    const said = await refusalOf(unpack(...parts(base)))
    expect(said).toContain(message)
    expect(said).toMatch(/^layer sha256:111111111111: /)
  })

  test('truncated or corrupted', async () => {
    const archive = tarOf({name: 'file', data: Buffer.alloc(100_000, 'abcdef')})
    const packed = gzipSync(archive)
    const zstd = execFileSync('zstd', ['-q', '-c'], {input: archive})
    const flipped = Buffer.from(packed)
    flipped[packed.length >> 1]! ^= 0xff
    for (const [bytes, message] of [
      [packed.subarray(0, packed.length - 20), 'gzip data is damaged'],
      [flipped, 'damaged'],
      [zstd.subarray(0, zstd.length - 10), 'zstd data is damaged'],
      [archive.subarray(0, 2000), 'it ends within a file'],
      [archive.subarray(0, 300), 'it ends within a header'],
      [Buffer.concat([archive, Buffer.alloc(512, 'x')]), 'its content is not what the image says'],
      [Buffer.from('this is not an archive at all'.padEnd(600)), 'checksum'],
    ] as const) {
      expect(await refusalOf(unpackBytes(archive, {packed: bytes}))).toContain(message)
    }
  })

  test('bombs: more bytes, entries or memory than are allowed', async () => {
    const zeros = tarOf({name: 'zeros', data: Buffer.alloc(8 << 20)})
    const many = tarOf(...Array.from({length: 11}, (_, index) => ({name: `f${index}`})))
    const limits = {STACK_IMAGE_MAX_BYTES: '1m', STACK_IMAGE_MAX_ENTRIES: '10'}
    const zstd = execFileSync('zstd', ['-q', '-c', '--ultra', '-22'], {input: zeros})
    for (const packed of [gzipSync(zeros), zstd, zeros]) {
      expect(await refusalOf(unpackBytes(zeros, {packed, limits}))).toContain('it has more than 1048576 bytes unpacked')
    }
    expect(await refusalOf(unpackBytes(many, {limits}))).toContain('more than 10 entries')
    const window = Buffer.from('28b52ffd00a8', 'hex')
    expect(await refusalOf(unpackBytes(zeros, {packed: Buffer.concat([window, Buffer.alloc(99)])}))).toContain(
      'asks for a window',
    )
  })
})

test('the addon itself lets nothing out, whatever it is told', async () => {
  const changes = [{change: 'file', path: Buffer.from('../escaped'), data: Buffer.from('x')}] as const
  await expect(native().changeTree({root, kind: 'layer', changes})).rejects.toMatchObject({code: 'EXDEV'})
  expect(existsSync(join(base, 'escaped'))).toBe(false)
})

test('a directory that goes between two changes of one path is made anew', async () => {
  const directory = join(base, 'in-use')
  mkdirSync(directory)
  const [path, above] = [Buffer.from('a/file'), Buffer.from('a')]
  const changes = [
    {change: 'file', path, data: Buffer.from('old')},
    {change: 'remove', path: above},
    {change: 'file', path, data: Buffer.from('new')},
    {change: 'modified', path, seconds: 5, nanoseconds: 0},
  ] as const
  await native().changeTree({root: directory, kind: 'container', changes})
  expect(readFileSync(join(directory, 'a/file'), 'utf8')).toBe('new')
  expect(statSync(join(directory, 'a/file')).mtimeMs).toBe(5000)
})
