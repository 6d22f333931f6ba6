import {createReadStream} from 'node:fs'
import {stat} from 'node:fs/promises'
import {resolve} from 'node:path'
import {errnoOf, StackError, within} from '../../base/error.ts'
import {command} from '../command.ts'
import type {Context} from '../context.ts'
import {libraryOf} from '../library.ts'

const named = (words: string) =>
  command({
    summary: 'Load images from an archive',
    usage: `${words} [OPTIONS]`,
    details:
      'Of what docker save wrote, or of an OCI image layout in a tar archive, packed with gzip, zstd or not at all; on standard input unless a file is named.',
    options: {
      input: {type: 'string', short: 'i', value: 'FILE', description: 'the archive; standard input unless said'},
    },
    operands: {maximum: 0},
    async run({values, context}) {
      const archive = await open(context, values.input)
      for (const line of await libraryOf(await context.engine()).load(archive)) context.print(`${line}\n`)
      return 0
    },
  })

export const load = named('load')
export const imageLoad = named('image load')

async function open({io}: Context, file: string | undefined) {
  if (file !== undefined) {
    const path = resolve(io.directory, file)
    await within(`read ${file}`, () => stat(path)).catch(error => {
      throw errnoOf(error) === 'ENOENT' ? new StackError('not-found', `no such file: ${file}`) : error
    })
    return createReadStream(path)
  }
  if (io.stdin.isTTY !== true) return io.stdin
  throw new StackError('usage', 'an archive is expected on standard input', {hint: 'stack load -i FILE'})
}
