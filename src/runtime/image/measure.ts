import {run} from './program.ts'

/** As Debian and OCI name it. */
export const architecture: string =
  {x64: 'amd64', arm64: 'arm64', arm: 'arm', ia32: '386'}[process.arch as string] ?? process.arch

/** Bytes that a directory takes on disk. */
export async function sizeOf(directory: string): Promise<number> {
  const [size = 0] = await sizesOf([directory])
  return size
}

/** The same of several. */
export async function sizesOf(directories: readonly string[]): Promise<number[]> {
  const {stdout} = await run('du', ['-skx', '--', ...directories])
  const lines = stdout.trimEnd().split('\n')
  return lines.map(line => Number.parseInt(line, 10) * 1024)
}
