import {command} from '../command.ts'
import {eachContainer} from '../each.ts'

export const unpause = command({
  summary: 'Let paused containers go on',
  usage: 'unpause [SERVICE...]',
  options: {},
  async run({operands, context}) {
    const words = {title: 'unpause', doing: 'Unpausing', done: 'Unpaused', states: ['paused']} as const
    await eachContainer(context, {...words, services: operands}, (engine, {id}) => engine.unpauseContainer(id))
    return 0
  },
})
