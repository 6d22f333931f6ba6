import {constants} from 'node:os'
import {delay} from '../base/delay.ts'
import {StackError, within} from '../base/error.ts'
import type {ContainerRecord} from '../model/container.ts'
import type {Daemon} from './context.ts'
import {attributesOf} from './supervise.ts'

const defaultGrace = 10_000
/** Milliseconds until it is known of a program that it has ended. */
const endPatience = 5000

/** `env` is of this start alone, and kept nowhere. Errors: not-modified where it runs already. */
export async function start(daemon: Daemon, record: ContainerRecord, env: readonly string[] = []): Promise<void> {
  if (isUp(daemon, record)) throw new StackError('not-modified', `${record.name} is running`)
  const waiting = daemon.pending.take(record.id)
  await within(`cannot start ${record.name}`, () => daemon.supervisor.start(record, {hold: waiting.length > 0, env}))
  if (waiting.length === 0) return
  await Promise.all(waiting.map(begin => begin()))
  await daemon.runtime.containers.release(record.id)
}

/** Signal, grace, SIGKILL. Errors: not-modified where it does not run. */
export async function stop(
  daemon: Daemon,
  record: ContainerRecord,
  options: {grace?: number; signal?: string},
): Promise<void> {
  const wasUp = isUp(daemon, record) || daemon.supervisor.isRestarting(record.id)
  await daemon.supervisor.keepDown(record.id)
  if (!wasUp) throw new StackError('not-modified', `${record.name} is not running`)
  const signal = signalNumber(options.signal || record.config.stopSignal)
  const grace = options.grace ?? record.config.stopTimeout ?? defaultGrace
  if (isUp(daemon, record)) {
    daemon.events.tell('container', 'kill', record.id, {...attributesOf(record), signal: String(signal)})
    await daemon.runtime.containers.stop(record.id, {signal, grace: grace < 0 ? 2 ** 31 - 1 : grace})
  }
  daemon.events.tell('container', 'stop', record.id, attributesOf(record))
}

export async function kill(daemon: Daemon, record: ContainerRecord, signal: string): Promise<void> {
  const isRestarting = !isUp(daemon, record) && daemon.supervisor.isRestarting(record.id)
  if (isRestarting) await daemon.supervisor.keepDown(record.id)
  if (!isUp(daemon, record)) {
    if (isRestarting) return
    throw new StackError('conflict', `Cannot kill container: ${record.name}: Container ${record.id} is not running`)
  }
  const number = signalNumber(signal || 'SIGKILL')
  if (number === constants.signals.SIGKILL) await daemon.supervisor.keepDown(record.id)
  daemon.events.tell('container', 'kill', record.id, {...attributesOf(record), signal: String(number)})
  const ended = number === constants.signals.SIGKILL ? daemon.supervisor.nextExit(record.id) : undefined
  await daemon.runtime.containers.signal(record.id, number)
  await ended
}

export async function remove(
  daemon: Daemon,
  record: ContainerRecord,
  options: {force: boolean; volumes: boolean},
): Promise<void> {
  if (options.force) await daemon.supervisor.keepDown(record.id)
  if (isUp(daemon, record)) {
    if (!options.force) {
      throw new StackError(
        'conflict',
        `cannot remove container "/${record.name}": container is running: stop the container before removing or force remove`,
      )
    }
    await killed(daemon, record)
  }
  daemon.supervisor.forget(record.id)
  await daemon.runtime.containers.remove(record.id, {volumes: options.volumes})
  daemon.events.tell('container', 'destroy', record.id, attributesOf(record))
  await dropDefaultNetwork(daemon)
}

/** One that ends of itself at this moment takes no signal any more, and is as good as killed. */
async function killed(daemon: Daemon, record: ContainerRecord): Promise<void> {
  try {
    await kill(daemon, record, 'SIGKILL')
  } catch (error) {
    const deadline = Date.now() + endPatience
    while (isUp(daemon, record)) {
      if (Date.now() > deadline) throw error
      await delay(20)
    }
  }
}

export const isUp = (daemon: Daemon, record: ContainerRecord): boolean =>
  ['running', 'paused'].includes(daemon.runtime.containers.state(record.id).status)

async function dropDefaultNetwork(daemon: Daemon): Promise<void> {
  const used = daemon.runtime.containers.list().some(each => each.endpoints.some(at => at.network === 'bridge'))
  if (!used && daemon.runtime.networks.find('bridge')) await daemon.runtime.networks.remove('bridge')
}

/** `SIGTERM`, `term`, `15`. */
export function signalNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  const upper = text.toUpperCase()
  const name = (upper.startsWith('SIG') ? upper : `SIG${upper}`) as NodeJS.Signals
  const realtime = /^SIGRTMIN(?:\+(\d+))?$/.exec(name)
  if (realtime) return 34 + Number(realtime[1] ?? 0)
  const number = constants.signals[name]
  if (number === undefined) throw new StackError('bad-request', `invalid signal: ${text}`)
  return number
}
