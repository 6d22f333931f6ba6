import {randomBytes} from 'node:crypto'
import {StackError} from '../base/error.ts'
import type {ProcessStream, TerminalSize} from '../runtime/runtime.ts'
import type {ExecBody} from './translate/bodies.ts'

/** One exec, from its creation to some minutes after its end. */
export type Exec = {
  readonly id: string
  readonly container: string
  readonly body: ExecBody
  stream?: ProcessStream
  exitCode?: number
  running: boolean
  size?: TerminalSize
}

const kept = 200

/** Execs live in memory: they end with the daemon's knowledge of them, not with its containers. */
export class Execs {
  readonly #byId = new Map<string, Exec>()

  create(container: string, body: ExecBody): Exec {
    const exec: Exec = {id: randomBytes(32).toString('hex'), container, body, running: false}
    this.#byId.set(exec.id, exec)
    for (const each of this.#byId.values()) {
      if (this.#byId.size <= kept) break
      if (!each.running && each.exitCode !== undefined) this.#byId.delete(each.id)
    }
    return exec
  }

  get(id: string): Exec {
    const found = this.#byId.get(id)
    if (found) return found
    throw new StackError('not-found', `No such exec instance: ${id}`)
  }

  of(container: string): readonly Exec[] {
    return [...this.#byId.values()].filter(each => each.container === container && each.running)
  }
}
