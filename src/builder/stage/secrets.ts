import {randomBytes} from 'node:crypto'
import {chmod, chown, mkdir, rm, rmdir, writeFile} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'
import {failureAt} from '../failure.ts'
import {type Given, isTrue, targetOf, type Undo, type WantedMount} from './given.ts'
import type {StepContext} from './stage.ts'

/** In memory while the program runs. That there is one belongs to the step, never what it says. */
export async function secret(given: Given): Promise<WantedMount | undefined> {
  const {options, context, mount} = given
  const env = options.get('env')
  const id = options.get('id') ?? (basename(options.get('target') ?? '') || env || '')
  if (id === '') throw failureAt(mount.at, 'a secret needs an id', {hint: 'write id=NAME'})
  const content = context.request.secrets[id]
  if (content === undefined) {
    if (!isTrue(options, 'required')) return undefined
    throw failureAt(mount.at, `there is no secret "${id}"`, {hint: 'name it under build: secrets: of the service'})
  }
  if (env !== undefined && content.includes(0)) {
    throw failureAt(mount.at, `the secret "${id}" has a zero byte, which a variable can not have`, {
      hint: 'leave env= out, and read it as a file',
    })
  }
  // A variable alone, unless a file is asked for too.
  const isFile = env === undefined || options.has('target')
  const target = options.has('target') ? targetOf(given) : `/run/secrets/${id}`
  return {
    identity: {type: 'secret', id, target: isFile ? target : undefined, env},
    async take(undo) {
      const secretEnv = env === undefined ? [] : [`${env}=${Buffer.from(content).toString('utf8')}`]
      if (!isFile) return {secretEnv}
      const source = join(await memory(context, undo), 'secret')
      await writeFile(source, content, {mode: 0o400})
      await owned(source, given, '400')
      return {secretEnv, mounts: [{type: 'bind', source, target, readOnly: true}]}
    },
  }
}

/** A directory that nobody else sees, gone after the run. */
export async function memory({host}: StepContext, undo: Undo): Promise<string> {
  const directory = join(host.runDirectory, 'builds', randomBytes(8).toString('hex'))
  undo.push(async () => {
    await rm(directory, {recursive: true, force: true})
    // Others may have theirs there.
    await rmdir(dirname(directory)).catch(() => undefined)
  })
  await mkdir(directory, {recursive: true, mode: 0o700})
  return directory
}

/** What uid=, gid= and mode= of the mount say. */
export async function owned(path: string, {options}: Given, mode: string): Promise<void> {
  await chown(path, Number(options.get('uid') ?? 0), Number(options.get('gid') ?? 0))
  await chmod(path, Number.parseInt(options.get('mode') ?? mode, 8))
}
