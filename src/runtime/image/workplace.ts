import {randomBytes} from 'node:crypto'
import {mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {runWell} from './program.ts'

export type Workplace = {readonly directory: string; remove(): Promise<void>}

/** A directory for what is being made, on the file system of the layers; removed with the next load, if not before. */
export async function workplaceIn(images: string): Promise<Workplace> {
  const directory = join(images, 'incoming', `build-${randomBytes(6).toString('hex')}.work`)
  await mkdir(directory, {recursive: true, mode: 0o700})
  return {
    directory,
    remove: async () => void (await runWell('rm', ['-rf', '--one-file-system', '--', directory])),
  }
}
