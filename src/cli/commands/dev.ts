import {command} from '../command.ts'
import type {Context} from '../context.ts'
import {upOptions} from '../up-options.ts'
import type {Attach} from '../watching.ts'
import {runUp} from './up.ts'

const {watch: _, detach: _detach, 'no-start': _noStart, wait: _wait, ...options} = upOptions

export const dev = command({
  summary: 'Start all, show its output, and bring changed files into it',
  usage: 'dev [OPTIONS] [SERVICE...]',
  details:
    'Does what "stack up --watch --remove-orphans" does. On a terminal it is a screen: services, their output, and keys to restart, rebuild, scale and open them; "?" lists the keys.',
  options: {
    ...options,
    init: {type: 'boolean', description: 'start nothing: offer rules to services that lack them, and write them'},
    plain: {type: 'boolean', description: 'lines instead of a screen'},
  },
  async run({values, operands: services, context}) {
    const {plain, init, ...asked} = values
    if (init) return (await import('../dev/init.ts')).initDev(context, services, values)
    const upValues = {...asked, watch: true, 'remove-orphans': true, detach: false, 'no-start': false, wait: false}
    const attach = plain || !isScreen(context) ? undefined : await screen()
    if (attach === undefined) await hint(context, services)
    return runUp(context, {values: upValues, services}, attach)
  },
})

async function hint(context: Context, services: readonly string[]): Promise<void> {
  const {hintsFor} = await import('../dev/init.ts')
  const renderer = await context.lineRenderer()
  for (const each of hintsFor(await context.project(services), services)) renderer.note('info', each)
}

/** A terminal at both ends that can be painted on, and nobody who wants lines. */
function isScreen({io: {stdin, stdout}, settings, environment}: Context): boolean {
  const isAsked = settings.progress === 'auto' || settings.progress === 'tty'
  return isAsked && stdin.isTTY === true && stdout.isTTY === true && stdout.columns > 0 && environment.TERM !== 'dumb'
}

async function screen(): Promise<Attach> {
  const {DevScreen} = await import('../dev/screen.ts')
  return (context, watched) => new DevScreen(context, watched)
}
