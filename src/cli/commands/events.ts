import type {EngineEvent} from '../../engine/engine.ts'
import {checkServices} from '../../plan/selection.ts'
import {command} from '../command.ts'
import {servicesOf} from '../selection.ts'

export const events = command({
  summary: 'Print what happens to containers, as it happens',
  usage: 'events [OPTIONS] [SERVICE...]',
  options: {json: {type: 'boolean', description: 'one JSON object a line'}},
  async run({values, operands, context}) {
    const scope = await context.scope()
    const engine = await context.engine()
    if (operands.length > 0) checkServices(operands, servicesOf(scope, (await engine.observe(scope.name)).containers))
    const {signal, stop} = context.io.interrupts.abortSignal()
    try {
      for await (const event of engine.events(scope.name, signal)) {
        if (operands.length > 0 && !operands.includes(event.service)) continue
        context.print(values.json ? `${JSON.stringify(jsonOf(event))}\n` : `${lineOf(event)}\n`)
      }
    } finally {
      stop()
    }
    return 0
  },
})

const attributesOf = ({name, exitCode}: EngineEvent): Record<string, string> => ({
  ...(exitCode === undefined ? {} : {exitCode: String(exitCode)}),
  name,
})

function lineOf(event: EngineEvent): string {
  const time = new Date(event.at).toISOString().replace('T', ' ').replace('Z', '000')
  const attributes = Object.entries(attributesOf(event)).map(([key, value]) => `${key}=${value}`)
  return `${time} container ${actionOf(event)} ${event.container} (${attributes.join(', ')})`
}

const actionOf = ({action, health}: EngineEvent): string => (health === undefined ? action : `${action}: ${health}`)

const jsonOf = (event: EngineEvent) => ({
  time: new Date(event.at).toISOString(),
  type: 'container',
  service: event.service,
  id: event.container,
  action: actionOf(event),
  attributes: attributesOf(event),
})
