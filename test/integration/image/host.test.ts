import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {inImage, throwawayStore} from './support.ts'

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
