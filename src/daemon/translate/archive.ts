import type {ArchivedPath} from '../../runtime/runtime.ts'

/** Bits of Go's os.FileMode, beside the nine of permissions. */
const kinds: Readonly<Record<number, number>> = {
  9604: 2 ** 31,
  21609: 2 ** 27,
  14406: 2 ** 26,
  2401: 2 ** 25,
  26411: 2 ** 24,
  4802: 2 ** 26 + 2 ** 21,
}
const marks = [
  [0o4000, 2 ** 23],
  [0o2000, 2 ** 22],
  [0o1000, 2 ** 20],
] as const

/** A file's mode as the Engine API gives it. */
export const goMode = (mode: number): number =>
  (mode & 0o777) + (kinds[mode & 0o170000] ?? 0) + marks.reduce((sum, [bit, go]) => sum + (mode & bit ? go : 0), 0)

/** The value of X-Docker-Container-Path-Stat. */
export function pathStat({name, stats, linkTarget}: ArchivedPath): string {
  const {size, mode, mtime} = stats
  return Buffer.from(JSON.stringify({name, size, mode: goMode(mode), mtime: mtime.toISOString(), linkTarget})).toString(
    'base64',
  )
}
