import type {ChildProcess} from 'node:child_process'
import {once} from 'node:events'
import {type IncomingMessage, request} from 'node:http'
import {collect, eventually, type Workplace} from '../../support/stack.ts'

/** A `stack ui` that is at work. */
export type Served = {
  readonly child: ChildProcess
  readonly address: string
  readonly port: number
  readonly token: string
  readonly said: () => string
}

export const serve = (place: Workplace, ...words: string[]): Promise<Served> => servedBy(place.start('ui', ...words))

/** Once it has told its address. */
export async function servedBy(child: ChildProcess): Promise<Served> {
  const [out, err] = [collect(child.stdout), collect(child.stderr)]
  const said = () => out() + err()
  const [address] = await eventually(() => /http:\S+/.exec(out()), {what: 'the address of the page'})
  const {port, hash} = new URL(address)
  return {child, address, port: Number(port), token: hash.slice(1), said}
}

/** Interrupts it and gives the code that it ends with. */
export async function end({child}: Served): Promise<number | null> {
  const closed = once(child, 'close')
  child.kill('SIGINT')
  return (await closed)[0] as number | null
}

type Sent = {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** As anybody on this machine may ask; the answer begins, and is not read. */
export async function askPage(port: number, path: string, {body = '', ...sent}: Sent = {}): Promise<IncomingMessage> {
  const asked = request({host: '127.0.0.1', port, path, agent: false, ...sent}).end(body)
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  return answer
}
