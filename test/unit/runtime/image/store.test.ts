import {existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {takeLock} from '../../../../src/base/lock.ts'
import {layerStore} from '../../../../src/runtime/image/layers.ts'
import {plainConfig} from '../../../../src/runtime/image/recipes/recipe.ts'
import {ImageStore, type Recipe} from '../../../../src/runtime/image/store.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stack-store-'))
})
afterEach(() => rmSync(directory, {recursive: true, force: true}))

const digits = (letter: string) => letter.repeat(64)

function recipe(letter: string, fill: (directory: string) => Promise<void> = async () => undefined): Recipe {
  return {
    id: `sha256:${digits(letter)}`,
    layers: [{id: digits(letter), fill}],
    describe: async () => ({
      layers: [digits(letter)],
      overlays: [],
      config: plainConfig,
      created: 1,
      size: 2,
      architecture: 'amd64',
    }),
  }
}

async function opened(): Promise<ImageStore> {
  const store = new ImageStore(directory)
  await store.load()
  return store
}

describe('the image store', () => {
  test('keeps an image over a restart, under its names and its id', async () => {
    await (await opened()).add(
      'apt://a',
      recipe('a', async to => writeFileSync(join(to, 'file'), '')),
    )
    const store = await opened()
    const image = store.find('apt://a')
    expect(readdirSync(image!.layers[0]!)).toEqual(['file'])
    expect(store.find(image!.id)).toEqual(image)
    expect(store.find('aaaaaaa')).toEqual(image)
    expect(store.find('apt://b')).toBeUndefined()
  })

  test('makes one that is there under another name only once', async () => {
    const store = await opened()
    await store.add('apt://a', recipe('a'))
    const image = await store.add(
      'apt://b',
      recipe('a', () => Promise.reject(new Error('made twice'))),
    )
    expect(image.references).toEqual(['apt://a', 'apt://b'])
  })

  test('makes it once when two ask at a time', async () => {
    let made = 0
    const slow = recipe('a', async () => void made++)
    const [one, other] = [await opened(), await opened()]
    await Promise.all([one.add('apt://a', slow), other.add('apt://a', slow)])
    expect(made).toBe(1)
  })

  test('a name that means another image now leaves the old one under its id', async () => {
    const store = await opened()
    await store.add('apt://a', recipe('a'))
    await store.add('apt://a', recipe('b'))
    expect(store.find('apt://a')?.id).toBe(`sha256:${digits('b')}`)
    expect(store.find(`sha256:${digits('a')}`)?.references).toEqual([])
  })

  test('a failed build leaves nothing and can be tried again', async () => {
    const store = await opened()
    const failing = recipe('a', async to => {
      writeFileSync(join(to, 'half'), '')
      throw new Error('disk full')
    })
    await expect(store.add('apt://a', failing)).rejects.toThrow('disk full')
    expect(readdirSync(join(directory, 'incoming'))).toEqual([])
    expect(store.find('apt://a')).toBeUndefined()
    expect((await store.add('apt://a', recipe('a'))).layers).toEqual([join(directory, 'layers', digits('a'))])
  })
})

describe('after a kill', () => {
  test('what was half unpacked, and layers of which nobody wrote a record, are removed at load', async () => {
    await (await opened()).add('apt://a', recipe('a'))
    mkdirSync(join(directory, 'incoming', `${digits('b')}.12345678/usr`), {recursive: true})
    mkdirSync(join(directory, 'layers', digits('c')), {recursive: true})
    await opened()
    expect(readdirSync(join(directory, 'incoming'))).toEqual([])
    expect(readdirSync(join(directory, 'layers'))).toEqual([digits('a')])
  })

  test('what another process is unpacking is left alone', async () => {
    const layers = layerStore(directory)
    const half = join(directory, 'incoming', `${digits('b')}.12345678`)
    mkdirSync(half, {recursive: true})
    await layers.locked(digits('b'), async () => {
      await opened()
      expect(existsSync(half)).toBe(true)
    })
    await opened()
    expect(existsSync(half)).toBe(false)
  })

  test('a name whose record is gone is forgotten', async () => {
    await (await opened()).add('apt://a', recipe('a'))
    rmSync(join(directory, 'records'), {recursive: true})
    expect((await opened()).list()).toEqual([])
    expect(readdirSync(join(directory, 'names'))).toEqual([])
  })
})

describe('removing', () => {
  test('takes the layers with the last name', async () => {
    const store = await opened()
    await store.add('apt://a', recipe('a'))
    await store.add('apt://b', recipe('a'))
    await store.remove(store.find('apt://a')!, 'apt://a')
    expect(store.find('apt://b')?.references).toEqual(['apt://b'])
    await store.remove(store.find('apt://b')!, 'apt://b')
    expect(readdirSync(join(directory, 'layers'))).toEqual([])
    expect((await opened()).list()).toEqual([])
  })

  test('by id takes all names', async () => {
    const store = await opened()
    const image = await store.add('apt://a', recipe('a'))
    await store.remove(image, image.id)
    expect(store.find('apt://a')).toBeUndefined()
  })

  test('leaves a layer that another image has', async () => {
    const store = await opened()
    await store.add('apt://a', recipe('a'))
    const sharing = {...recipe('a'), id: `sha256:${digits('d')}`}
    await store.add('apt://d', sharing)
    await store.remove(store.find('apt://a')!, 'apt://a')
    expect(readdirSync(join(directory, 'layers'))).toEqual([digits('a')])
  })
})

test('the lock of a layer is freed with its holder', async () => {
  const layers = layerStore(directory)
  await layers.locked('x', async () => undefined)
  const again = await takeLock('stack-layer-test-unrelated', 0)
  again?.release()
  expect(await layers.locked('x', async () => 'free')).toBe('free')
})
