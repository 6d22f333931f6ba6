import {presentImages} from '../../execute/images.ts'
import {providedServices} from '../../plan/providers.ts'
import {planScale} from '../../plan/scale.ts'
import {apply} from '../apply.ts'
import {command} from '../command.ts'
import {checkPorts} from '../ports.ts'
import {provide} from '../providers.ts'
import {parseScales} from '../up-options.ts'

export const scale = command({
  summary: 'Run another number of containers of services',
  usage: 'scale [OPTIONS] SERVICE=N [SERVICE=N...]',
  options: {'no-deps': {type: 'boolean', description: 'without the services that are depended on'}},
  operands: {minimum: 1},
  async run({values, operands, context}) {
    const scales = parseScales(operands)
    const loaded = await context.project(Object.keys(scales))
    const provided = providedServices(loaded, Object.keys(scales), values['no-deps'])
    const project = await provide(context, loaded, provided)
    const images = await presentImages(await context.engine(), Object.values(project.services))
    const {actual} = await context.observe()
    const plan = planScale(project, actual, scales, {noDeps: values['no-deps'], images})
    if (!context.settings.dryRun) await checkPorts(await context.engine(), project, plan)
    await apply(context, plan, {title: 'scale'})
    return 0
  },
})
