import {planStop} from '../../plan/lifecycle.ts'
import {apply} from '../apply.ts'
import {command} from '../command.ts'
import {graceOf, timeoutOption} from '../grace.ts'

export const stop = command({
  summary: 'Stop containers without removing them',
  usage: 'stop [OPTIONS] [SERVICE...]',
  options: {timeout: timeoutOption},
  async run({values, operands, context}) {
    const {scope, actual} = await context.observe()
    await apply(context, planStop(scope, actual, {services: operands, ...graceOf(values)}), {title: 'stop'})
    return 0
  },
})
