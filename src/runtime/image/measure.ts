import {run} from './program.ts'

/** As Debian and OCI name it. */
export const architecture: string =
  {x64: 'amd64', arm64: 'arm64', arm: 'arm', ia32: '386'}[process.arch as string] ?? process.arch

/** Bytes that a directory takes on disk. */
export async function sizeOf(directory: string): Promise<number> {
  const [size = 0] = await sizesOf([directory])
  return size
}

/** Fits into a command line of whatever kernel, with paths of any length. */
const atOnce = 256

/** The same of several; 0 of what is not there. What hard links share is counted with the first. */
export async function sizesOf(directories: readonly string[]): Promise<number[]> {
  const sizes = new Map<string, number>()
  for (let from = 0; from < directories.length; from += atOnce) {
    const {stdout} = await run('du', ['-0skx', '--', ...directories.slice(from, from + atOnce)])
    for (const [, size, path] of stdout.matchAll(/(\d+)\t([^\0]*)\0/g)) sizes.set(path!, Number(size) * 1024)
  }
  return directories.map(each => sizes.get(each) ?? 0)
}
