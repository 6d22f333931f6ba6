import {command} from '../command.ts'
import {eachContainer} from '../each.ts'

export const pause = command({
  summary: 'Stop all processes of containers for a while',
  usage: 'pause [SERVICE...]',
  options: {},
  async run({operands, context}) {
    const words = {title: 'pause', doing: 'Pausing', done: 'Paused', states: ['running']} as const
    await eachContainer(context, {...words, services: operands}, (engine, {id}) => engine.pauseContainer(id))
    return 0
  },
})
