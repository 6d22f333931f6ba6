import {rmSync, writeFileSync} from 'node:fs'
import {mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join, relative} from 'node:path'
import {afterEach, describe, expect, test} from 'vitest'
import {isBelow} from '../../../src/dev/rules.ts'
import {type Watcher, watchFiles} from '../../../src/dev/watcher.ts'
import {eventually} from '../../support/stack.ts'

const cleanups: Array<() => Promise<unknown>> = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

type Place = {
  readonly at: (name: string) => string
  readonly watcher: Watcher
  readonly failures: unknown[]
  /** Names that have been told since this was called last. */
  readonly told: () => string[]
}

async function watching(files: readonly string[], roots: readonly string[] = ['src']): Promise<Place> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'stack-watcher-')))
  cleanups.push(() => rm(directory, {recursive: true, force: true}))
  const at = (name: string) => join(directory, name)
  for (const name of files) await save(at(name))
  const seen = new Set<string>()
  const failures: unknown[] = []
  const paths = roots.map(at)
  const watcher = await watchFiles({
    paths,
    isClosed: path => paths.every(root => !isBelow(root, path) && !isBelow(path, root)) || path.endsWith('/closed'),
    changed: path => seen.add(relative(directory, path)),
    stirred: () => {},
    failed: error => failures.push(error),
  })
  cleanups.push(() => watcher.close())
  const told = () => {
    const all = [...seen].sort()
    seen.clear()
    return all
  }
  return {at, watcher, failures, told}
}

async function save(path: string, text = 'x'): Promise<void> {
  await mkdir(dirname(path), {recursive: true})
  await writeFile(path, text)
}

/** Waits until all of these have been told; gives all that were. */
async function tells(place: Place, ...names: string[]): Promise<string[]> {
  const seen = new Set<string>()
  await eventually(
    () => {
      for (const name of place.told()) seen.add(name)
      return names.every(name => seen.has(name))
    },
    {what: `${names.join(', ')} of`},
  )
  return [...seen]
}

describe('files that change', () => {
  test('what is there is found; what is closed is not looked into', async () => {
    const {at, watcher} = await watching(['src/a', 'src/deep/b', 'src/closed/c', 'beside'])
    expect(watcher.found.toSorted()).toEqual([at('src'), at('src/a'), at('src/deep'), at('src/deep/b')])
  })

  test('new, changed, moved and removed ones are told, with all that was below', async () => {
    const place = await watching(['src/a', 'src/deep/b'])
    const {at} = place
    await save(at('src/a'), 'two')
    await tells(place, 'src/a')
    await save(at('src/new/er/c'))
    await tells(place, 'src/new', 'src/new/er/c')
    await rename(at('src/deep'), at('src/moved'))
    await tells(place, 'src/deep', 'src/deep/b', 'src/moved', 'src/moved/b')
    await save(at('src/moved/b'), 'two')
    await tells(place, 'src/moved/b')
    await rm(at('src/new'), {recursive: true})
    await tells(place, 'src/new', 'src/new/er', 'src/new/er/c')
  })

  test('a root vanishes, comes back, and is another directory; so does what is above it', async () => {
    const place = await watching(['up/src/a', 'up/one'], ['up/src', 'up/one'])
    const {at} = place
    await rm(at('up/src'), {recursive: true})
    await tells(place, 'up/src', 'up/src/a')
    await save(at('up/src/b'))
    await tells(place, 'up/src/b')
    await rm(at('up'), {recursive: true})
    await tells(place, 'up/one', 'up/src/b')
    await save(at('up/one'))
    await save(at('up/src/c'))
    await tells(place, 'up/one', 'up/src/c')
    await save(at('up/src/c'), 'two')
    await tells(place, 'up/src/c')
  })

  test('a root below a link is watched where it is', async () => {
    const place = await watching(['real/src/a'], ['link/src'])
    await symlink('real', place.at('link'))
    await tells(place, 'link/src/a')
    await save(place.at('real/src/a'), 'two')
    await tells(place, 'link/src/a')
  })

  test('what a file, a directory and a file again gets below it is never missed', async () => {
    const place = await watching(['src/b'])
    const {at} = place
    for (let round = 0; round < 60; round++) {
      await rm(at('src/b'), {recursive: true})
      await mkdir(at('src/b'))
      if (round % 2 === 0) await new Promise(resolve => setTimeout(resolve, round % 7))
      await save(at(`src/b/${round}`))
      await tells(place, `src/b/${round}`)
      await rm(at('src/b'), {recursive: true})
      await save(at('src/b'))
      await tells(place, 'src/b')
    }
  }, 60_000)

  test('more events than the kernel keeps, while nobody reads, end in a look at everything; what is as it was is not told', async () => {
    const old = join('..', relative(tmpdir(), join(import.meta.dirname, '../../../src/dev')))
    const place = await watching(['src/last/x', 'src/1/x', 'src/2/x', 'src/3/x'], ['src', old])
    expect(place.watcher.found).toContain(join(import.meta.dirname, '../../../src/dev/tree.ts'))
    for (const directory of [1, 2, 3]) {
      for (let file = 0; file < 6000; file++) writeFileSync(place.at(`src/${directory}/${file}`), '')
    }
    rmSync(place.at('src/1'), {recursive: true})
    writeFileSync(place.at('src/last/y'), '')
    const told = await tells(place, 'src/last/y', 'src/2/5999', 'src/3/0', 'src/3/5999')
    // What is new is looked at when the look at everything is over.
    await save(place.at('src/new'))
    told.push(...(await tells(place, 'src/new')))
    expect(told.filter(name => name.endsWith('.ts'))).toEqual([])
    await save(place.at('src/3/5999'), 'two')
    await tells(place, 'src/3/5999')
  }, 30_000)
})
