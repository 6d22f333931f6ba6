import {copyFile, link, mkdir} from 'node:fs/promises'
import {join} from 'node:path'

/**
 * The Node that runs us when it is not below /usr (nvm, an unpacked tarball), so that `node` is on every host:// image's
 * PATH in the version that the user works with.
 */
export const nodeOutside = (execPath: string): string | undefined =>
  execPath.startsWith('/usr/') ? undefined : execPath

/** A directory to lay over /usr, with bin/node: the same file where the file system allows it, else a copy. */
export async function placeNode(execPath: string, directory: string): Promise<void> {
  const target = join(directory, 'bin/node')
  await mkdir(join(directory, 'bin'), {recursive: true})
  await link(execPath, target).catch(() => copyFile(execPath, target))
}
