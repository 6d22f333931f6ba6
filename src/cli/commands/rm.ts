import {planRemove} from '../../plan/lifecycle.ts'
import {thingOf} from '../../plan/words.ts'
import {apply} from '../apply.ts'
import {ask} from '../ask.ts'
import {command} from '../command.ts'

export const rm = command({
  summary: 'Remove stopped containers',
  usage: 'rm [OPTIONS] [SERVICE...]',
  options: {
    force: {type: 'boolean', short: 'f', description: 'without asking'},
    stop: {type: 'boolean', short: 's', description: 'also those that run, which are stopped first'},
    volumes: {type: 'boolean', short: 'v', description: 'their anonymous volumes too'},
  },
  async run({values, operands, context}) {
    const {scope, actual} = await context.observe()
    const plan = planRemove(scope, actual, {services: operands, stop: values.stop, volumes: values.volumes})
    const things = [...new Set(plan.steps.map(({operation}) => thingOf(operation)))]
    if (things.length === 0) {
      context.io.stderr.write('no stopped containers\n')
      return 0
    }
    const agreed = values.force || context.settings.dryRun || (await ask(context.io, `remove ${things.join(', ')}?`))
    if (agreed) await apply(context, plan, {title: 'rm'})
    return 0
  },
})
