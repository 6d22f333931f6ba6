import {createHash} from 'node:crypto'
import {readlinkSync, statSync} from 'node:fs'
import {setImmediate} from 'node:timers/promises'
import type {Hashes} from './hashes.ts'
import {type Item, type Source, walk} from './source.ts'

/** Others get their turn after so many files. */
const turn = 500

/** What would be copied, as one digest: names, kinds, modes and contents, of an image also owners; never times. */
export async function digestOf(source: Source, item: Item, hashes: Hashes): Promise<string> {
  const hash = createHash('sha256')
  let count = 0
  for (const each of walk(source, item)) {
    const {mode, uid, gid} = statsOf(each)
    const owner = source.isContext ? '' : `${uid}:${gid}`
    hash.update(`${each.at.slice(item.at.length)}\0${mode}\0${owner}\0${await contentOf(each, hashes)}\n`)
    if (++count % turn === 0) await setImmediate()
  }
  return hash.digest('hex')
}

export const statsOf = (item: Item) => (item.kind === 'file' ? item.stats : statSync(item.directories[0]!))

function contentOf(item: Item, hashes: Hashes): string | Promise<string> {
  if (item.kind === 'directory') return ''
  if (item.stats.isSymbolicLink()) return readlinkSync(item.hostPath)
  return item.stats.isFile() ? hashes.of(item.hostPath, item.stats) : String(item.stats.rdev)
}
