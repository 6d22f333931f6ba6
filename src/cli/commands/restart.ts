import {planRestart} from '../../plan/lifecycle.ts'
import {apply} from '../apply.ts'
import {command} from '../command.ts'
import {graceOf, timeoutOption} from '../grace.ts'

export const restart = command({
  summary: 'Stop containers and start them again as they are',
  usage: 'restart [OPTIONS] [SERVICE...]',
  details: 'Changes of the file are not applied; "stack up" does that.',
  options: {
    'no-deps': {type: 'boolean', description: 'leave those alone that ask to be restarted with what they depend on'},
    timeout: timeoutOption,
  },
  async run({values, operands, context}) {
    const {scope, actual} = await context.observe()
    const plan = planRestart(scope, actual, {services: operands, noDeps: values['no-deps'], ...graceOf(values)})
    await apply(context, plan, {title: 'restart'})
    return 0
  },
})
