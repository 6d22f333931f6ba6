import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, mkdtempSync, readdirSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {build} from 'esbuild'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {openImages} from '../../../src/runtime/image/images.ts'
import {imageOf, writeLayout} from '../../support/oci.ts'
import {type TarPart, tarOf} from '../../support/tar.ts'

let base: string
let program: string
const image = imageOf(
  [1, 2, 3].map(layer =>
    tarOf(
      ...Array.from(
        {length: 1500},
        (_, index): TarPart => ({name: `${layer}/${index % 40}/${index}`, data: 'x'.repeat(500)}),
      ),
    ),
  ),
)

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'stack-kill-'))
  program = join(process.cwd(), 'build', `kill-${process.pid}.mjs`)
  writeLayout(join(base, 'layout'), image)
  await build({
    stdin: {
      contents: `
        import {openImages} from './src/runtime/image/images.ts'
        const [directory, reference] = process.argv.slice(2)
        const images = openImages({paths: {images: directory}})
        await images.load()
        const image = await images.pull(reference, () => undefined)
        process.stdout.write(image.id)`,
      resolveDir: process.cwd(),
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: program,
    banner: {js: "import {createRequire as requireOf} from 'node:module';const require = requireOf(import.meta.url)"},
  })
})
afterAll(() => {
  rmSync(base, {recursive: true, force: true})
  rmSync(program, {force: true})
})

const start = (directory: string) => {
  const child = spawn(process.execPath, [program, directory, `oci-layout://${join(base, 'layout')}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (part: Buffer) => {
    said += part.toString()
  })
  return {child, ended: once(child, 'close'), said: () => said}
}

/** What a killed transfer has of a blob stays, to be resumed. */
const left = (directory: string) =>
  ['incoming', 'claims', 'layers', 'blobs/sha256', 'records'].map(each =>
    existsSync(join(directory, each)) ? readdirSync(join(directory, each)).length : 0,
  )

test('killed at any point of a pull, nothing half made is ever taken for an image, and the next load cleans up', async () => {
  const directory = join(base, 'killed')
  for (let after = 60; after < 700; after += 70) {
    const {child, ended} = start(directory)
    setTimeout(() => child.kill('SIGKILL'), after)
    await ended
    const images = openImages({paths: {images: directory}})
    await images.load()
    const [found] = images.list()
    if (found === undefined) expect(left(directory)).toEqual([0, 0, 0, 0, 0])
    else await images.remove(found.id)
  }
  const whole = start(directory)
  await whole.ended
  expect(whole.said()).toBe(image.id)
})

test('several processes that pull the same image make it once', async () => {
  const directory = join(base, 'together')
  const all = [1, 2, 3].map(() => start(directory))
  await Promise.all(all.map(each => each.ended))
  expect(all.map(each => each.said())).toEqual([image.id, image.id, image.id])
  expect(left(directory)).toEqual([0, 0, 3, 5, 1])
  const images = openImages({paths: {images: directory}})
  await images.load()
  expect(images.list()[0]?.layers.map(each => readdirSync(each, {recursive: true}).length)).toEqual([1541, 1541, 1541])
})
