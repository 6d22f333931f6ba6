import {randomBytes} from 'node:crypto'
import {setMaxListeners} from 'node:events'
import {StackError} from '../base/error.ts'
import type {Engine} from '../engine/engine.ts'
import type {Project} from '../model/project.ts'
import type {Order} from './messages.ts'
import {type Assets, readAssets} from './server/assets.ts'
import {Feed} from './server/feed.ts'
import {createOrders} from './server/orders.ts'
import {serve} from './server/server.ts'
import {createStreams} from './server/streams.ts'

export type WebOptions = {
  readonly engine: Engine
  /** Of the project. */
  readonly name: string
  /** As it is known now; undefined: there is no file, only what runs. */
  readonly project: () => Project | undefined
  /** Services that are shown; none: all. */
  readonly services: readonly string[]
  /** 0: any that is free. */
  readonly port: number
  /** Does what was asked for on the page. Rejects with a StackError. */
  readonly perform: (order: Order, signal: AbortSignal) => Promise<void>
  /** Told the address, with the token that it takes, once it can be opened. */
  readonly opened: (address: string) => void
  readonly signal: AbortSignal
  /** Instead of those beside the bundle. */
  readonly assets?: Assets
}

const streamLimits = {clients: 16, backlog: 8 << 20, beat: 15_000}

/** Serves a page of a stack on loopback until the signal. Errors: port-taken. */
export async function serveWeb(options: WebOptions): Promise<void> {
  const {engine, name, project, services: chosen, signal} = options
  // One for each container whose output is followed.
  setMaxListeners(0, signal)
  const token = randomBytes(24).toString('base64url')
  const streams = createStreams(streamLimits)
  const feed = new Feed({engine, name, project, chosen, signal, tell: streams.tell})
  const orders = createOrders({perform: options.perform, tell: work => feed.work(work), signal})
  const server = await serve({
    assets: options.assets ?? (await readAssets()),
    token,
    port: options.port,
    streams,
    everything: () => feed.everything(),
    take(order) {
      if (!feed.shows(order.service)) throw new StackError('not-found', `there is no service "${order.service}" here`)
      return orders.take(order)
    },
  })
  try {
    await feed.begin()
    options.opened(`http://127.0.0.1:${server.port}/#${token}`)
    await feed.run()
    await orders.settled()
  } finally {
    await server.close()
  }
}
