import {gzipSync} from 'node:zlib'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {busyboxLayer, imageOf} from '../../support/oci.ts'
import {type FakeRegistry, fakeRegistry} from '../../support/registry.ts'
import {Workplace} from '../../support/stack.ts'
import {tarOf} from '../../support/tar.ts'

const [own, other] = process.arch === 'arm64' ? ['arm64', 'arm'] : ['amd64', '386']
let place: Workplace
let registry: FakeRegistry

/** An image whose file says for what it is; the program is this machine's all the same. */
function publish(architecture: string) {
  const image = imageOf(
    [gzipSync(busyboxLayer()), gzipSync(tarOf({name: 'made-for', data: architecture}))],
    {Cmd: ['sh', '-c', 'cat /made-for; exec sleep 1000']},
    {architecture},
  )
  const config = registry.blob(image.config, 'application/vnd.oci.image.config.v1+json')
  const layers = image.layers.map(({stored}) => registry.blob(stored))
  const type = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = registry.manifest(`only-${architecture}`, type, {schemaVersion: 2, config, layers})
  return {...manifest, platform: {os: 'linux', architecture}}
}

const compose = (image: string, platform: string) =>
  place.write('compose.yaml', `name: plat\nservices:\n  web: {image: "${image}", platform: ${platform}}\n`)

beforeAll(async () => {
  registry = await fakeRegistry()
  place = await Workplace.make({})
  registry.index('1', [own!, other!, 's390x'].map(publish))
  registry.index('foreign', [publish('s390x')])
})
afterAll(async () => {
  await place[Symbol.asyncDispose]()
  await registry.close()
})

test('a service gets the image for its platform, and another when that changes', async () => {
  const image = `${registry.host}/app:1`
  await compose(image, `linux/${other}`)
  expect(await place.stack('up', '-d', '--wait')).toMatchObject({code: 0})
  expect((await place.stack('exec', 'web', 'cat', '/made-for')).stdout).toBe(other)
  expect((await place.stack('up', '-d')).all).not.toMatch(/Pull|Recreate/)
  await compose(image, `linux/${own}`)
  expect(await place.stack('up', '-d', '--wait')).toMatchObject({code: 0, all: expect.stringContaining('Pulled')})
  expect((await place.stack('exec', 'web', 'cat', '/made-for')).stdout).toBe(own)
  await compose(image, `linux/${other}`)
  const never = await place.stack('up', '-d', '--pull', 'never')
  expect(never).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`is here for linux/${own}, not for linux/${other}`),
  })
  expect(await place.stack('pull')).toMatchObject({code: 0})
  expect((await place.stack('image', 'inspect', '--format', 'table', image)).stdout).toContain(`linux/${other}`)
  expect(await place.stack('image', 'pull', '--platform', `linux/${own}`, image)).toMatchObject({code: 0})
  expect((await place.stack('image', 'inspect', '--format', 'table', image)).stdout).toContain(`linux/${own}`)
})

test('a build is for this machine', async () => {
  await place.write('Dockerfile', 'FROM scratch\nENV A=b\n')
  const service = (platform: string) => `name: plat\nservices:\n  web: {build: ., platform: ${platform}}\n`
  await place.write('compose.yaml', service(`linux/${own}`))
  expect(await place.stack('build')).toMatchObject({code: 0})
  await place.write('compose.yaml', service(`linux/${other}`))
  const refused = await place.stack('build')
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`builds for linux/${own}, not for linux/${other}`),
  })
})

test('what the image has not is said with what it has; what the machine does not run, with its place', async () => {
  await compose(`${registry.host}/app:foreign`, `linux/${own}`)
  const missing = await place.stack('up', '-d')
  expect(missing.code).toBe(1)
  expect(missing.stderr).toContain(`app:foreign has no image for linux/${own}; it has: linux/s390x`)
  await compose(`${registry.host}/app:foreign`, 'linux/s390x')
  const foreign = await place.stack('up', '-d')
  expect(foreign.stderr).toMatch(/compose.yaml:3:\d+: .*services.web.platform: this machine is linux\//)
  await compose('host://', 'nonsense//')
  expect((await place.stack('up', '-d')).stderr).toContain('"nonsense//" is no platform')
  await compose('host://', `linux/${other}`)
  expect((await place.stack('up', '-d')).stderr).toContain(`"host://" is made of this machine's programs`)
  const asked = await place.stack('image', 'pull', '--platform', 'linux/s390x', 'host://')
  expect(asked).toMatchObject({code: 1, stderr: expect.stringContaining('does not run linux/s390x')})
})
