import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {eventually, type Outcome, type Workplace} from './stack.ts'

/** The command line over a store that knows nothing yet, as of another machine. */
export type Store = {
  readonly socket: string
  readonly state: string
  readonly environment: Readonly<Record<string, string>>
  readonly stack: (...words: string[]) => Promise<Outcome>
  /** Takes the project down and ends the daemon. */
  readonly leave: () => Promise<void>
}

/** Stores below a workplace; whoever makes them lets them all leave. */
export function storesOf(place: Workplace) {
  const all: Store[] = []

  function make(more: Readonly<Record<string, string>> = {}): Store {
    const at = join(place.directory, `store-${all.length}`)
    const environment = {STACK_STATE_DIR: join(at, 'state'), STACK_RUN_DIR: join(at, 'run'), ...more}
    const stack = (...words: string[]) => place.run(process.execPath, [place.stackProgram, ...words], environment)
    const made = {
      environment,
      state: environment.STACK_STATE_DIR,
      socket: join(at, 'run/stack.sock'),
      stack,
      async leave() {
        await stack('down', '-t', '1')
        for (const pid of processesOf(at)) process.kill(pid, 'SIGTERM')
        await eventually(() => processesOf(at).length === 0, {what: 'the daemon left'})
      },
    }
    all.push(made)
    return made
  }

  return {
    make,
    async leave() {
      for (const each of all) await each.leave()
    },
  }
}

const processesOf = (at: string): number[] =>
  readdirSync('/proc')
    .filter(pid => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`=${at}/state\0`)
      } catch {
        return false
      }
    })
    .map(Number)
