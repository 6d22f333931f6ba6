import {command} from '../command.ts'
import {eachContainer} from '../each.ts'

export const kill = command({
  summary: 'Send a signal to running containers',
  usage: 'kill [OPTIONS] [SERVICE...]',
  options: {signal: {type: 'string', short: 's', value: 'SIGNAL', description: 'which one (default: SIGKILL)'}},
  async run({values, operands, context}) {
    const words = {
      title: 'kill',
      doing: 'Killing',
      done: 'Killed',
      states: ['running', 'paused', 'restarting'],
    } as const
    await eachContainer(context, {...words, services: operands}, (engine, {id}) =>
      engine.killContainer(id, values.signal ?? 'SIGKILL'),
    )
    return 0
  },
})
