import {planStart} from '../../plan/lifecycle.ts'
import {apply} from '../apply.ts'
import {command} from '../command.ts'

export const start = command({
  summary: 'Start containers that exist',
  usage: 'start [OPTIONS] [SERVICE...]',
  options: {
    wait: {type: 'boolean', description: 'until all are running or healthy'},
    'wait-timeout': {type: 'integer', value: 'SECONDS', minimum: 0, description: 'how long to wait at most'},
  },
  async run({values, operands, context}) {
    const {scope, actual} = await context.observe()
    const patience = values['wait-timeout']
    await apply(context, planStart(scope, actual, {services: operands, wait: values.wait}), {title: 'start', patience})
    return 0
  },
})
