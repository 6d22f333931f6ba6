import {StackError} from '../../base/error.ts'

/** Where an engine listens. */
export type Address =
  | {readonly kind: 'unix'; readonly path: string}
  | {readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: boolean}

/** `unix:///run/docker.sock`, `tcp://build:2375`, or the path of a socket. */
export function parseAddress(text: string, tls = false): Address {
  if (text.startsWith('/')) return {kind: 'unix', path: text}
  if (text.startsWith('unix://')) return {kind: 'unix', path: text.slice('unix://'.length)}
  const match = /^(tcp|http|https):\/\/(\[[0-9a-f:]+\]|[^:/]+)(?::(\d+))?\/?$/i.exec(text)
  if (match === null) {
    throw new StackError('usage', `cannot tell what engine "${text}" means`, {
      hint: 'unix:///run/docker.sock or tcp://HOST:PORT',
    })
  }
  const secure = tls || match[1] === 'https'
  return {
    kind: 'tcp',
    host: match[2]!.replace(/^\[|\]$/g, ''),
    port: Number(match[3] ?? (secure ? 2376 : 2375)),
    tls: secure,
  }
}

export const formatAddress = (address: Address): string =>
  address.kind === 'unix'
    ? `unix://${address.path}`
    : `${address.tls ? 'https' : 'tcp'}://${address.host}:${address.port}`

/** Where our own daemon listens and writes its log; the daemon computes the same from the same variables. */
export function ownPlaces(environment: NodeJS.ProcessEnv): {readonly socket: string; readonly log: string} {
  const run = environment.STACK_RUN_DIR ?? '/run/stack'
  const state = environment.STACK_STATE_DIR ?? '/var/lib/stack'
  return {socket: `${run}/stack.sock`, log: `${state}/daemon.log`}
}
