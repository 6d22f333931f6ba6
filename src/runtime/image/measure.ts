import {run} from './program.ts'

/** As Debian and OCI name it. */
export const architecture: string =
  {x64: 'amd64', arm64: 'arm64', arm: 'arm', ia32: '386'}[process.arch as string] ?? process.arch

/** Bytes that directories take on disk. */
export async function sizeOf(...directories: readonly string[]): Promise<number> {
  if (directories.length === 0) return 0
  const {stdout} = await run('du', ['-skxc', '--', ...directories])
  return Number.parseInt(stdout.trimEnd().split('\n').at(-1) ?? '0', 10) * 1024
}
