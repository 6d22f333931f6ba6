import type {ActualContainer, LogOptions} from '../../engine/engine.ts'
import {LogPrinter} from '../../ui/logs.ts'
import {createStyle} from '../../ui/style.ts'
import {command, type Values} from '../command.ts'
import type {Context} from '../context.ts'
import {Follower} from '../follow.ts'
import {parseMoment, parseTail} from '../moment.ts'
import {isWithoutLogs, noLogs} from '../no-logs.ts'
import {containersOf, shortName} from '../selection.ts'

const options = {
  follow: {type: 'boolean', short: 'f', description: 'keep printing what comes'},
  index: {type: 'integer', value: 'N', minimum: 1, description: 'only the container with this number'},
  'no-color': {type: 'boolean', description: 'no colours'},
  'no-log-prefix': {type: 'boolean', description: 'no name in front of each line'},
  since: {type: 'string', value: 'TIME', description: 'from then on: 2026-01-02T13:23:37Z, or 42m for 42 minutes ago'},
  tail: {type: 'string', short: 'n', value: 'N', description: 'only the last lines of each container (default: all)'},
  timestamps: {type: 'boolean', short: 't', description: 'with the time of each line'},
  until: {type: 'string', value: 'TIME', description: 'until then, in the same form'},
} as const

export const logs = command({
  summary: 'Print the output of containers',
  usage: 'logs [OPTIONS] [SERVICE...]',
  options,
  async run({values, operands, context}) {
    const {project} = await context.scope()
    const isWanted = ({service, number}: {service: string; number: number}) =>
      (values.index === undefined || number === values.index) &&
      (operands.length === 0 ? (project?.services[service]?.attach ?? true) : operands.includes(service))
    const look = async () => (await containersOf(context, operands)).filter(isWanted)
    await (values.follow ? followLogs : printLogs)({values, context, isWanted, look})
    return 0
  },
})

type Printing = {
  readonly values: Values<typeof options>
  readonly context: Context
  readonly isWanted: (container: {service: string; number: number}) => boolean
  readonly look: () => Promise<readonly ActualContainer[]>
}

async function printLogs({values, context, look}: Printing): Promise<void> {
  const engine = await context.engine()
  const containers = await look()
  const printer = printerFor(values, context)
  printer.expect(containers.map(shortName))
  const reading = readingFrom(values, Date.now())
  const {signal, stop} = context.io.interrupts.abortSignal()
  try {
    await Promise.all(
      containers.map(async each => {
        try {
          await printer.copy(shortName(each), engine.logs(each.id, {...reading, signal}))
        } catch (error) {
          if (!isWithoutLogs(error)) throw error
          context.io.stderr.write(`${shortName(each)} ${noLogs}\n`)
        }
      }),
    )
  } finally {
    stop()
  }
}

async function followLogs({values, context, isWanted: wants, look}: Printing): Promise<void> {
  const engine = await context.engine()
  const {name: project} = await context.scope()
  const printer = printerFor(values, context)
  const reading = readingFrom(values, Date.now())
  const {signal, stop} = context.io.interrupts.abortSignal()
  try {
    const follower = new Follower({engine, project, printer, reading, wants, signal})
    const containers = await look()
    printer.expect(containers.map(shortName))
    await follower.follow(containers)
  } finally {
    stop()
  }
}

function printerFor(values: Values<typeof options>, {io, style}: Context): LogPrinter {
  const colours = values['no-color'] ? createStyle(false) : style
  return new LogPrinter({stdout: io.stdout, stderr: io.stdout, style: colours, prefix: !values['no-log-prefix']})
}

function readingFrom(values: Values<typeof options>, now: number): LogOptions {
  const tail = parseTail(values.tail)
  const since = parseMoment(values.since, '--since', now)
  const until = parseMoment(values.until, '--until', now)
  return {
    timestamps: values.timestamps,
    ...(tail === undefined ? {} : {tail}),
    ...(since === undefined ? {} : {since}),
    ...(until === undefined ? {} : {until}),
  }
}
