import {planKill} from '../../plan/lifecycle.ts'
import {apply} from '../apply.ts'
import {command} from '../command.ts'

export const kill = command({
  summary: 'Send a signal to running containers',
  usage: 'kill [OPTIONS] [SERVICE...]',
  options: {signal: {type: 'string', short: 's', value: 'SIGNAL', description: 'which one (default: SIGKILL)'}},
  async run({values, operands, context}) {
    const {scope, actual} = await context.observe()
    const signal = values.signal === undefined ? {} : {signal: values.signal}
    await apply(context, planKill(scope, actual, {services: operands, ...signal}), {title: 'kill'})
    return 0
  },
})
