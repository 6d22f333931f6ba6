import {StackError} from '../../base/error.ts'
import {planDown} from '../../plan/down.ts'
import {providedServices} from '../../plan/providers.ts'
import {checkServices} from '../../plan/selection.ts'
import {apply} from '../apply.ts'
import {command} from '../command.ts'
import {graceOf, timeoutOption} from '../grace.ts'
import {withdraw} from '../providers.ts'
import {servicesOf} from '../selection.ts'
import {isTrue} from '../settings.ts'

export const down = command({
  summary: 'Stop and remove containers and networks',
  usage: 'down [OPTIONS] [SERVICE...]',
  options: {
    'remove-orphans': {type: 'boolean', description: 'also containers of services that the file does not have'},
    rmi: {type: 'choice', choices: ['local', 'all'], description: 'not supported yet: images stay'},
    timeout: timeoutOption,
    volumes: {type: 'boolean', short: 'v', description: 'also volumes, with all that is in them'},
  },
  async run({values, operands, context}) {
    if (values.rmi !== undefined) {
      throw new StackError('unsupported', 'images cannot be removed yet, so there is no --rmi', {
        hint: 'leave --rmi away',
      })
    }
    const {scope, actual} = await context.observe()
    checkServices(operands, servicesOf(scope, actual.containers))
    const removeOrphans = values['remove-orphans'] || isTrue(context.environment.COMPOSE_REMOVE_ORPHANS)
    const options = {services: operands, volumes: values.volumes, removeOrphans, ...graceOf(values)}
    const {project} = scope
    const provided = project === undefined ? [] : providedServices(project, operands, operands.length > 0)
    try {
      await apply(context, planDown(scope, actual, options), {title: 'down'})
    } finally {
      if (project !== undefined) await withdraw(context, project, provided.reverse())
    }
    return 0
  },
})
