import {randomBytes} from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import {join} from 'node:path'
import {Readable} from 'node:stream'
import {buffer} from 'node:stream/consumers'
import {expect, test, vi} from 'vitest'
import {nodeOutside} from '../../../src/runtime/image/host/node.ts'
import {type ImageStoreOfTest, inImage, throwawayStore} from './support.ts'

test("host:// is the host's programs with a fresh /etc", async () => {
  await using store = await throwawayStore()
  const image = await store.pull('host://')
  const [root] = image.layers
  expect(image.overlays[0]).toMatchObject({target: '/usr'})
  expect(image.overlays[0]?.layers.at(-1)).toBe('/usr')
  expect(image.references).toEqual(['host://'])
  expect(readFileSync(join(root!, 'etc/passwd'), 'utf8')).toMatch(/^root:x:0:0/)
  expect(store.images.find('host://')?.id).toBe(image.id)
  expect(await inImage(image, 'node --version; id -un; stat -c %a /tmp; cat /etc/os-release | head -1')).toBe(
    [process.version, 'root', '1777', readFileSync('/etc/os-release', 'utf8').split('\n')[0]].join('\n'),
  )
})

test("nothing of the host's identity or secrets is in host://", async () => {
  await using store = await throwawayStore()
  const [root] = (await store.pull('host://')).layers
  const names = readdirSync(root!, {recursive: true}).map(String)
  expect(
    names.filter(each => /shadow|machine-id|(^|\/)etc\/(ssh|ssl\/private|hostname|hosts|sudoers)|\.key$/.test(each)),
  ).toEqual([])
  expect(existsSync(join(root!, 'etc/ssl/certs/ca-certificates.crt'))).toBe(
    existsSync('/etc/ssl/certs/ca-certificates.crt'),
  )
})

test('saved, host:// is what the machine has then, and runs elsewhere', async () => {
  await using store = await throwawayStore()
  await using elsewhere = await throwawayStore()
  const usr = join(store.directory, 'a small machine')
  const note = join(usr, 'share/note')
  for (const name of ['bin', 'share']) mkdirSync(join(usr, name), {recursive: true})
  copyFileSync('/usr/bin/busybox', join(usr, 'bin/busybox'))
  linkSync(join(usr, 'bin/busybox'), join(usr, 'bin/sh'))
  symlinkSync('busybox', join(usr, 'bin/cat'))
  writeFileSync(note, 'first', {mode: 0o600})
  utimesSync(note, 5, 5)
  await standOn(store, usr)

  const first = await buffer(store.images.export(['host://']))
  expect(first.equals(await buffer(store.images.export(['host://'])))).toBe(true)
  const [loaded] = await elsewhere.images.import(Readable.from([first]))
  expect(loaded!.names).toEqual([])
  expect(loaded!.image.overlays).toEqual([])
  const script = 'cat /usr/share/note; echo; /bin/busybox stat -c "%a %Y" /usr/share/note; /bin/busybox id -un'
  expect(await inImage(loaded!.image, script)).toBe('first\n600 5\nroot')
  if (nodeOutside(process.execPath) !== undefined) {
    expect(await inImage(loaded!.image, 'cat /usr/bin/node')).toBe('node')
  }
  expect(loaded!.image.oci?.history.at(-1)?.createdBy).toBe('host://')
  expect(loaded!.image.oci?.history.length).toBe(loaded!.image.layers.length)

  writeFileSync(note, 'second')
  const [later] = await elsewhere.images.import(store.images.export(['host://']))
  expect(await inImage(later!.image, 'cat /usr/share/note')).toBe('second')
  expect(store.images.find('host://')?.overlays[0]?.layers.at(-1)).toBe(usr)
  const kept = () => readdirSync(join(store.directory, 'blobs/sha256')).length
  const before = kept()
  await store.images.remove('host://')
  expect([before > 0, kept()]).toEqual([true, 0])
})

test('a save that nobody waits for any more ends, and leaves nothing', async () => {
  await using store = await throwawayStore()
  const usr = join(store.directory, 'a machine')
  mkdirSync(usr)
  writeFileSync(join(usr, 'large'), randomBytes(200 << 20))
  await standOn(store, usr)
  const incoming = join(store.directory, 'blobs/incoming')
  const transfers = () => (existsSync(incoming) ? readdirSync(incoming).length : 0)
  const stream = store.images.export(['host://'])
  await vi.waitUntil(() => transfers() > 0, {timeout: 20_000})
  stream.destroy()
  await vi.waitUntil(() => transfers() === 0, {timeout: 3000})
  expect(readdirSync(join(store.directory, 'blobs/sha256'))).toEqual([])
  await vi.waitUntil(() => readdirSync(join(store.directory, 'incoming')).length === 0, {timeout: 3000})
})

/** The machine that a test runs on has too much to save, and so has the Node that is laid over it. */
async function standOn({directory, images, pull}: ImageStoreOfTest, usr: string): Promise<void> {
  const {id} = await pull('host://')
  const path = join(directory, 'records', `${id.replace('sha256:', '')}.json`)
  const record = JSON.parse(readFileSync(path, 'utf8'))
  const overlays = record.overlays.map((each: {target: string}) =>
    each.target === '/usr' ? {...each, host: [usr]} : each,
  )
  for (const own of record.overlays[0].own) {
    const node = join(directory, 'layers', own, 'bin/node')
    // It may be another name of the machine's.
    rmSync(node)
    writeFileSync(node, 'node')
  }
  writeFileSync(path, JSON.stringify({...record, overlays}))
  await images.load()
}
