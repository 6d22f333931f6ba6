import {StackError} from '../../base/error.ts'
import {planRestart} from '../../plan/lifecycle.ts'
import {checkServices} from '../../plan/selection.ts'
import type {Order} from '../../web/messages.ts'
import {serveWeb} from '../../web/web.ts'
import {apply} from '../apply.ts'
import {command} from '../command.ts'
import {type Context, createContext, type Scope} from '../context.ts'
import {Silent} from '../failure.ts'
import {interruptedCode} from '../interrupts.ts'
import {usage} from '../parse.ts'
import {scaleServices} from '../scaling.ts'
import {servicesOf} from '../selection.ts'

export const ui = command({
  summary: 'Show state, output and use of services on a web page',
  usage: 'ui [OPTIONS] [SERVICE...]',
  details:
    'Serves a page on 127.0.0.1 until Ctrl-C, which leaves the containers as they are, and prints its address. Behind the # of the address is a token, made anew each time: who has it may look, scale and restart.',
  options: {
    port: {type: 'integer', value: 'PORT', minimum: 0, description: 'of the page (default: one that is free)'},
  },
  async run({values, operands: services, context}) {
    const {port = 0} = values
    if (port > 65535) throw usage('option --port is at most 65535')
    const {scope, actual} = await context.observe()
    checkServices(services, servicesOf(scope, actual.containers))
    let {project} = scope
    const {signal, stop} = context.io.interrupts.abortSignal()
    try {
      await serveWeb({
        engine: await context.engine(),
        name: scope.name,
        project: () => project,
        services,
        port,
        signal,
        perform: async (order, signal) => {
          const now = await perform(context, order, signal)
          project = now.project
        },
        opened: address => context.print(`"${scope.name}" is shown at ${address}\nCtrl-C ends it\n`),
      })
      return interruptedCode
    } finally {
      stop()
    }
  },
})

/** As the command of that name does it, with the Compose file as it is now; gives what that says. */
async function perform({globals, io, engine}: Context, order: Order, signal: AbortSignal): Promise<Scope> {
  const context = createContext(globals, {...io, engine: await engine()})
  const applying = {signal, amongOutput: true}
  try {
    if (order.what === 'scale') {
      await scaleServices(context, {[order.service]: order.to}, applying)
      return await context.scope()
    }
    const {scope, actual} = await context.observe()
    await apply(context, planRestart(scope, actual, {services: [order.service]}), {title: 'restart', ...applying})
    return scope
  } catch (error) {
    if (!(error instanceof Silent)) throw error
    throw new StackError('invalid-file', 'the Compose file has errors; the terminal of "stack ui" shows them')
  }
}
