import {execFile} from 'node:child_process'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import type {Image} from '../../../src/model/image.ts'
import {openImages} from '../../../src/runtime/image/images.ts'
import type {Images} from '../../../src/runtime/runtime.ts'

const exec = promisify(execFile)

export type ImageStoreOfTest = AsyncDisposable & {
  readonly directory: string
  readonly images: Images
  readonly lines: string[]
  pull(reference: string): Promise<Image>
}

/** A store of its own, gone with the test. */
export async function throwawayStore(): Promise<ImageStoreOfTest> {
  const directory = await mkdtemp(join(tmpdir(), 'stack-images-'))
  const images = openImages({paths: {images: directory}})
  await images.load()
  const lines: string[] = []
  return {
    directory,
    images,
    lines,
    pull: reference => images.pull(reference, line => lines.push(line)),
    [Symbol.asyncDispose]: () => rm(directory, {recursive: true, force: true}),
  }
}

/**
 * What a shell script prints in the image: a mount namespace with overlays as a container has them, and a network with
 * nobody else and one address that is not loopback's. Its environment is the image's own.
 */
export async function inImage(image: Image, script: string): Promise<string> {
  const overlay = (target: string, layers: readonly string[], index: number) =>
    `mkdir -p /tmp/o/${index}/u /tmp/o/${index}/w && mount -t overlay -o lowerdir=${layers.join(':')},upperdir=/tmp/o/${index}/u,workdir=/tmp/o/${index}/w overlay /tmp/root${target}`
  const before = [
    'set -e',
    'ip link set lo up && ip address add 192.0.2.1/32 dev lo',
    'mount --rbind / /mnt && mount -t tmpfs tmpfs /tmp && mkdir /tmp/root',
    overlay('', image.layers.map(outside), 0),
    ...image.overlays.map((each, index) => overlay(each.target, each.layers.map(outside), index + 1)),
    'mount -t proc proc /tmp/root/proc',
    'mount --rbind /dev /tmp/root/dev',
    'exec env -i "$@"',
  ]
  const command = [...image.config.env, 'chroot', '/tmp/root', '/bin/sh', '-c', script]
  const args = [
    '--mount',
    '--net',
    '--pid',
    '--fork',
    '--kill-child',
    '--propagation',
    'private',
    'sh',
    '-c',
    before.join('\n'),
    'sh',
    ...command,
  ]
  const {stdout, stderr} = await exec('unshare', args, {maxBuffer: 1 << 24})
  return (stdout + stderr).trim()
}

/** The layers lie below /tmp, which is hidden there. */
const outside = (path: string): string => (path === '/usr' ? path : `/mnt${path}`)
