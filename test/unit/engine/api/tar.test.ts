import {expect, test} from 'vitest'
import {type TarEntry, tarOf} from '../../../../src/engine/api/tar.ts'
import {limitsFrom} from '../../../../src/runtime/image/unpack/limits.ts'
import {tarEntries} from '../../../../src/runtime/image/unpack/tar/entries.ts'

async function readBack(entries: readonly TarEntry[]) {
  async function* bytes() {
    yield await tarOf(entries, 1_700_000_000)
  }
  const found: unknown[] = []
  for await (const {entry, data} of tarEntries(bytes(), limitsFrom({}))) {
    const pieces: Buffer[] = []
    for await (const piece of data) pieces.push(Buffer.from(piece))
    const {kind, mode, uid, gid, modified} = entry
    const [path, target] = [entry.path, entry.target].map(each => Buffer.from(each, 'latin1').toString())
    found.push({kind, path, target, mode, uid, gid, seconds: modified.seconds, text: Buffer.concat(pieces).toString()})
  }
  return found
}

const common = {target: '', uid: 0, gid: 0, seconds: 1_700_000_000, text: ''}

test('files, directories and links are read as they were written, empty and unaligned ones too', async () => {
  const long = 'x'.repeat(512)
  const entries: TarEntry[] = [
    {kind: 'directory', path: 'app', mode: 0o750},
    {kind: 'file', path: 'app/empty', mode: 0o644, data: Buffer.alloc(0)},
    {kind: 'file', path: 'app/block', mode: 0o4755, uid: 5, gid: 6, data: Buffer.from(long)},
    {kind: 'file', path: 'app/more', mode: 0o600, data: Buffer.from(`${long}y`)},
    {kind: 'symlink', path: 'app/link', mode: 0o777, target: '../etc'},
  ]
  expect(await readBack(entries)).toEqual([
    {...common, kind: 'directory', path: 'app', mode: 0o750},
    {...common, kind: 'file', path: 'app/empty', mode: 0o644},
    {...common, kind: 'file', path: 'app/block', mode: 0o4755, uid: 5, gid: 6, text: long},
    {...common, kind: 'file', path: 'app/more', mode: 0o600, text: `${long}y`},
    {...common, kind: 'symlink', path: 'app/link', mode: 0o777, target: '../etc'},
  ])
})

test('long names, names that are not ASCII and large owners have an extended header', async () => {
  for (const path of ['é', 'a'.repeat(100), 'a'.repeat(101), `${'b'.repeat(90)}/${'ü'.repeat(60)}`]) {
    const file: TarEntry = {kind: 'file', path, mode: 0o644, uid: 4_000_000_000, gid: 0o7777777, data: Buffer.from('x')}
    const link: TarEntry = {kind: 'symlink', path: 'link', mode: 0o777, target: path}
    expect(await readBack([file, link])).toEqual([
      {...common, kind: 'file', path, mode: 0o644, uid: 4_000_000_000, gid: 0o7777777, text: 'x'},
      {...common, kind: 'symlink', path: 'link', mode: 0o777, target: path},
    ])
  }
})
