import {randomBytes} from 'node:crypto'
import {createWriteStream} from 'node:fs'
import {rename, rm} from 'node:fs/promises'
import {resolve} from 'node:path'
import type {Readable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {StackError} from '../../base/error.ts'
import {command} from '../command.ts'
import {libraryOf} from '../library.ts'

const named = (words: string) =>
  command({
    summary: 'Save images to an archive',
    usage: `${words} [OPTIONS] IMAGE...`,
    details:
      'The archive is an OCI image layout, and what docker load reads, in one; on standard output unless a file is named.',
    options: {
      output: {type: 'string', short: 'o', value: 'FILE', description: 'the archive; standard output unless said'},
    },
    operands: {minimum: 1},
    async run({values, operands, context}) {
      const {stdout, directory} = context.io
      if (values.output === undefined && stdout.isTTY === true) {
        throw new StackError('usage', 'an archive is nothing for a terminal', {hint: 'stack save -o FILE IMAGE'})
      }
      const archive = await libraryOf(await context.engine()).save(operands)
      if (values.output === undefined) await pipeline(archive, stdout, {end: false})
      else await writeBeside(resolve(directory, values.output), archive)
      return 0
    },
  })

export const save = named('save')
export const imageSave = named('image save')

/** The file is there when all of it is. */
async function writeBeside(path: string, archive: Readable): Promise<void> {
  const beside = `${path}.${randomBytes(4).toString('hex')}.tmp`
  try {
    await pipeline(archive, createWriteStream(beside))
    await rename(beside, path)
  } catch (error) {
    await rm(beside, {force: true})
    throw error
  }
}
