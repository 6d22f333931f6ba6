import {createHash, randomBytes} from 'node:crypto'
import {createReadStream} from 'node:fs'
import {mkdir, readdir, rename, rm, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {pipeline} from 'node:stream/promises'
import {StackError} from '../../../base/error.ts'
import {sha256} from '../../../base/hash.ts'
import {takeLock} from '../../../base/lock.ts'
import type {Apt} from './apt.ts'
import type {Stanza} from './stanza.ts'

const patience = 15 * 60_000

/** The .deb files of the packages, from the cache where they are there whole, else downloaded. */
export async function packageFiles(
  apt: Apt,
  packages: readonly Stanza[],
  progress: (text: string) => void,
): Promise<string[]> {
  const lock = await takeLock(`stack-apt-${sha256(apt.cache).slice(0, 32)}`, patience)
  if (lock === undefined) throw new StackError('timeout', `${apt.cache} is in use by another download`)
  try {
    const wanting = await missingOf(apt.cache, packages)
    if (wanting.length > 0) await fetchAll(apt, wanting, progress)
  } finally {
    lock.release()
  }
  return packages.map(each => join(apt.cache, fileName(each)))
}

/** As `apt-get download` names it. */
export const fileName = ({name, version, architecture}: Stanza): string =>
  `${name}_${version.replaceAll(':', '%3a')}_${architecture}.deb`

/** Beside the others first: what has its name in the cache was downloaded to its end. */
async function fetchAll(apt: Apt, packages: readonly Stanza[], progress: (text: string) => void): Promise<void> {
  const megabytes = Math.ceil(packages.reduce((sum, each) => sum + each.size, 0) / 1e6)
  progress(`downloading ${packages.length === 1 ? '1 package' : `${packages.length} packages`}, ${megabytes} MB`)
  await sweep(apt.cache)
  const beside = join(apt.cache, `partial-${randomBytes(4).toString('hex')}`)
  await mkdir(beside)
  try {
    const {status, stderr} = await apt.download(packages, beside)
    if (status !== 0) throw failed(stderr)
    for (const each of packages) await rename(join(beside, fileName(each)), join(apt.cache, fileName(each)))
  } finally {
    await rm(beside, {recursive: true, force: true})
  }
}

async function sweep(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (name.startsWith('partial-')) await rm(join(cache, name), {recursive: true, force: true})
  }
}

function failed(stderr: string): StackError {
  const said = stderr.split('\n').filter(line => line.startsWith('E: '))
  const hint = /404|no longer|Unable to/.test(stderr)
    ? 'the package lists may be old: apt-get update'
    : 'apt must reach its archives: try apt-get update'
  return new StackError('image-failed', `apt-get download: ${said[0]?.slice(3) ?? stderr.trim().split('\n').pop()}`, {
    hint,
  })
}

async function missingOf(cache: string, packages: readonly Stanza[]): Promise<Stanza[]> {
  const missing: Stanza[] = []
  for (const each of packages) if (!(await isWhole(join(cache, fileName(each)), each))) missing.push(each)
  return missing
}

async function isWhole(file: string, {size, sha256: expected}: Stanza): Promise<boolean> {
  const stats = await stat(file).catch(() => undefined)
  if (stats?.size !== size) return false
  if (expected === '') return true
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex') === expected
}
