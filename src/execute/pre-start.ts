import {StackError} from '../base/error.ts'
import type {Engine} from '../engine/engine.ts'

type Subject = {readonly id: string; readonly name: string}
export type Running = Subject & {readonly end: (subject: Subject) => Promise<void>}

const lines = 10

/**
 * Starts a container that runs before its service, and waits until it has ended with 0. An interrupted one is stopped.
 * Errors: hook-failed with what it said last, cancelled.
 */
export async function runPreStart(engine: Engine, {id, name, end}: Running): Promise<void> {
  await engine.startContainer(id)
  try {
    await end({id, name})
  } catch (error) {
    if (!(error instanceof StackError)) throw error
    if (error.code === 'cancelled') await engine.stopContainer(id, {})
    if (error.code !== 'dependency-failed') throw error
    const {exitCode = 0} = (await engine.inspectContainer(id)) ?? {}
    const said = await lastWords(engine, id)
    throw new StackError('hook-failed', `it exited with ${exitCode}${said === '' ? '' : `; it said:\n${said}`}`, {
      hint: `look at container ${name}, which is left as it is until the next up or down`,
    })
  }
}

async function lastWords(engine: Engine, id: string): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const {data} of engine.logs(id, {tail: lines})) text += decoder.decode(data, {stream: true})
  return text
    .split('\n')
    .filter(line => line !== '')
    .slice(-lines)
    .map(line => `  ${line}`)
    .join('\n')
}
