import {spawn} from 'node:child_process'
import {describe} from '../../base/error.ts'
import type {Project} from '../../model/project.ts'
import type {Action} from '../../ui/screen/keys.ts'
import {addressOf} from '../../ui/screen/rows.ts'
import type {ScreenEvent, ScreenState} from '../../ui/screen/state.ts'
import type {Context} from '../context.ts'
import {invoke} from '../invoke.ts'

export type Acting = {
  /** Whose messages are captured. */
  readonly context: Context
  readonly project: () => Project
  readonly state: () => ScreenState
  readonly tell: (event: ScreenEvent) => void
  /** How many of a service are wanted from now on. */
  readonly scaled: (service: string, number: number) => void
}

/** Does what keys ask for, one thing at a time for each service. */
export function actions(acting: Acting): (intent: Action) => void {
  const {context, state, tell} = acting
  const scales = new Map<string, number>()

  async function run(service: string, what: string, work: () => Promise<unknown>): Promise<void> {
    if (state().busy.has(service)) return say('warning', `${service} is ${state().busy.get(service)} yet`)
    tell({kind: 'began', service, what})
    try {
      await work()
    } catch (error) {
      say('error', describe(error))
    } finally {
      tell({kind: 'ended', service})
    }
  }
  const say = (level: 'info' | 'warning' | 'error', text: string) => tell({kind: 'said', level, text})

  function scale(service: string, by: number): void {
    const there = state().containers.filter(each => each.service === service).length
    const before = scales.get(service)
    scales.set(service, Math.max(0, (before ?? there) + by))
    if (before === undefined) void run(service, 'scaling', () => reach(service)).finally(() => scales.delete(service))
  }

  /** What is pressed meanwhile counts too. */
  async function reach(service: string): Promise<void> {
    let reached: number | undefined
    for (let wanted = scales.get(service); wanted !== reached; wanted = scales.get(service)) {
      await invoke(context, 'scale', [`${service}=${wanted}`])
      acting.scaled(service, wanted ?? 0)
      reached = wanted
      say('info', `${service}: ${wanted} wanted`)
    }
  }

  return intent => {
    const {kind, service} = intent
    if (kind === 'scale') return scale(service, intent.by)
    if (kind === 'open') return open(context, {address: addressOf(state(), service), service, say})
    if (kind === 'restart') return void run(service, 'restarting', () => invoke(context, 'restart', [service]))
    if (acting.project().services[service]?.build === undefined)
      return say('warning', `${service} has no build section`)
    void run(service, 'building', async () => {
      await invoke(context, 'up', ['--detach', '--build', '--no-deps', service])
      say('info', `${service} is built`)
    })
  }
}

type Opening = {
  readonly address: string | undefined
  readonly service: string
  readonly say: (level: 'info' | 'warning', text: string) => void
}

function open({environment}: Context, {address, service, say}: Opening): void {
  say(address === undefined ? 'warning' : 'info', address ?? `${service} publishes no port`)
  if (address === undefined) return
  const hasDisplay = environment.DISPLAY !== undefined || environment.WAYLAND_DISPLAY !== undefined
  const program = environment.BROWSER ?? (hasDisplay ? 'xdg-open' : undefined)
  if (program === undefined) return
  const child = spawn(program, [address], {stdio: 'ignore', detached: true})
  child.on('error', () => {})
  child.unref()
}
