import {planDown} from '../../plan/down.ts'
import {ownImages} from '../../plan/own-images.ts'
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
    rmi: {
      type: 'choice',
      choices: ['local', 'all'],
      description: 'also images: local: only those without a name of their own, all: every one',
    },
    timeout: timeoutOption,
    volumes: {type: 'boolean', short: 'v', description: 'also volumes, with all that is in them'},
  },
  async run({values, operands, context}) {
    const {scope, actual} = await context.observe()
    checkServices(operands, servicesOf(scope, actual.containers))
    const removeOrphans = values['remove-orphans'] || isTrue(context.environment.COMPOSE_REMOVE_ORPHANS)
    const images =
      values.rmi === undefined ? [] : ownImages(scope, actual.containers, {services: operands, kind: values.rmi})
    const engine = await context.engine()
    const found = await Promise.all(images.map(image => engine.findImage(image)))
    const present = images.filter((_, index) => found[index] !== undefined)
    const options = {services: operands, volumes: values.volumes, removeOrphans, images: present, ...graceOf(values)}
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
