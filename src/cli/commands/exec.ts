import type {ExecSpec} from '../../engine/engine.ts'
import {command, type Values} from '../command.ts'
import {oneContainer} from '../selection.ts'
import {terminalStreams} from '../terminal.ts'

const options = {
  detach: {type: 'boolean', short: 'd', description: 'run it in the background'},
  env: {type: 'string', short: 'e', value: 'KEY=VALUE', multiple: true, description: 'set a variable'},
  index: {
    type: 'integer',
    value: 'N',
    minimum: 1,
    description: 'in the container with this number (default: the lowest that runs)',
  },
  'no-tty': {type: 'boolean', short: 'T', description: 'without a terminal (default where standard input is none)'},
  privileged: {type: 'boolean', description: 'with all capabilities'},
  user: {type: 'string', short: 'u', value: 'USER', description: 'as this user'},
  workdir: {type: 'string', short: 'w', value: 'DIR', description: 'in this directory'},
  interactive: {type: 'boolean', short: 'i', default: true, hidden: true, description: 'pass standard input on'},
  tty: {type: 'boolean', short: 't', default: true, hidden: true, description: 'with a terminal'},
} as const

export const exec = command({
  summary: 'Run a command in a running container',
  usage: 'exec [OPTIONS] SERVICE COMMAND [ARGUMENTS...]',
  details: 'Ends with the exit code of the command.',
  options,
  operandsEndOptions: true,
  operands: {minimum: 2},
  async run({values, operands: [service = '', ...words], context}) {
    const engine = await context.engine()
    const container = await oneContainer(context, service, values.index)
    const tty = values.tty && !values['no-tty'] && context.io.stdin.isTTY === true
    const spec = specFrom(values, {words, tty, environment: context.environment})
    const terminal = terminalStreams(context.io, {tty, stdin: spec.stdin})
    // A terminal in raw mode gives Ctrl-C to the command; without one it means us, who leave at once.
    const stop = context.io.interrupts.listen(() => context.io.interrupts.leave())
    try {
      return await engine.exec(container.id, spec, terminal.streams)
    } finally {
      stop()
      terminal.restore()
    }
  },
})

type More = {readonly words: readonly string[]; readonly tty: boolean; readonly environment: NodeJS.ProcessEnv}

function specFrom(values: Values<typeof options>, {words, tty, environment}: More): ExecSpec {
  return {
    command: words,
    tty: tty && !values.detach,
    stdin: values.interactive && !values.detach,
    detach: values.detach,
    privileged: values.privileged,
    // `-e HOME` alone passes our own value on.
    environment: values.env.flatMap(each =>
      each.includes('=') ? [each] : environment[each] === undefined ? [] : [`${each}=${environment[each]}`],
    ),
    ...(values.user === undefined ? {} : {user: values.user}),
    ...(values.workdir === undefined ? {} : {workingDir: values.workdir}),
  }
}
