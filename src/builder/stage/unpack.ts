import {closeSync, openSync, readSync} from 'node:fs'
import {join} from 'node:path'
import {lookup} from '../../runtime/container/root-view.ts'
import {run, runWell} from '../../runtime/image/program.ts'
import {imageSource, walk} from '../files/source.ts'
import type {Attributes, Writer} from '../files/writer.ts'

const magics: ReadonlyArray<readonly [at: number, bytes: string]> = [
  [0, '1f8b08'],
  [0, '425a68'],
  [0, 'fd377a585a00'],
  [0, '28b52ffd'],
  [257, '7573746172'],
]

/** Whether a file of the context is a tar archive, compressed or not: by its content, as Docker has it. */
export async function isArchive(path: string): Promise<boolean> {
  if (!hasMagic(path)) return false
  const {status, stdout} = await run('tar', ['-tf', path])
  return status === 0 && stdout !== ''
}

function hasMagic(path: string): boolean {
  const start = Buffer.alloc(512)
  const file = openSync(path, 'r')
  try {
    readSync(file, start, 0, start.length, 0)
  } finally {
    closeSync(file)
  }
  return magics.some(([at, bytes]) => start.subarray(at, at + bytes.length / 2).toString('hex') === bytes)
}

/** Unpacks it beside, with its owners, and copies what came of it. */
export async function unpackInto(
  writer: Writer,
  archive: string,
  {to, directory, attributes}: {readonly to: string; readonly directory: string; readonly attributes: Attributes},
): Promise<void> {
  await runWell('tar', [
    '-C',
    directory,
    '--numeric-owner',
    '--same-owner',
    '--xattrs',
    '--xattrs-include=*',
    '-xpf',
    archive,
  ])
  const source = imageSource({layers: [directory], overlays: []})
  for (const each of walk(source, {...lookup(source.view, '/')!, at: '/'})) {
    // The directory itself is ours.
    if (each.at === '/') await writer.directory(to, attributes.owner)
    else await writer.copy(each, join(to, each.at), attributes)
  }
}
