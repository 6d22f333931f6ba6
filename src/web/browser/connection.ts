import type {Message, Order} from '../messages.ts'
import type {Connection} from '../page/state.ts'
import {eventReader} from '../page/stream.ts'

export type Listener = {
  readonly heard: (message: Message) => void
  readonly changed: (connection: Connection) => void
}

const key = 'stack-token'
/** Milliseconds: without a sign of life the connection counts as lost. */
const patience = 40_000
const pauses = [500, 1000, 2000, 5000]

/**
 * The token comes behind the # of the address, which no server is told, and is kept for this tab. It is no cookie:
 * those go to every program that serves at the same host, whatever its port.
 */
export function takeToken(): string {
  const given = location.hash.slice(1)
  if (given !== '') {
    sessionStorage.setItem(key, given)
    history.replaceState(null, '', location.pathname)
  }
  return sessionStorage.getItem(key) ?? ''
}

/** Hears what the server tells, again and again, until it has ended or refuses. */
export async function listen(token: string, {heard, changed}: Listener): Promise<void> {
  let isOver = false
  const listener = (message: Message) => {
    isOver = message.kind === 'ended'
    failures = 0
    heard(message)
  }
  let failures = 0
  while (!isOver) {
    const status = await hear(token, listener).catch(() => 0)
    if (status === 401 || status === 403) return changed('refused')
    if (isOver) return
    changed('lost')
    await new Promise(resolve => setTimeout(resolve, pauses[Math.min(failures++, pauses.length - 1)]))
  }
}

async function hear(token: string, heard: (message: Message) => void): Promise<number> {
  const abandon = new AbortController()
  let timer = setTimeout(() => abandon.abort(), patience)
  try {
    const answer = await fetch('events', {headers: {authorization: `Bearer ${token}`}, signal: abandon.signal})
    if (!answer.ok || answer.body === null) return answer.status
    const read = eventReader(data => heard(JSON.parse(data) as Message))
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      clearTimeout(timer)
      timer = setTimeout(() => abandon.abort(), patience)
      read(piece.value)
    }
    return answer.status
  } finally {
    clearTimeout(timer)
  }
}

/** Why it was not taken; '': it was. */
export async function send(token: string, {what, ...order}: Order): Promise<string> {
  try {
    const headers = {authorization: `Bearer ${token}`, 'content-type': 'application/json'}
    const answer = await fetch(what, {method: 'POST', headers, body: JSON.stringify(order)})
    return answer.ok ? '' : (await answer.text()).trim()
  } catch {
    return 'stack ui does not answer'
  }
}
