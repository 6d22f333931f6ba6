import {presentImages} from '../../execute/images.ts'
import {providedServices} from '../../plan/providers.ts'
import {planScale} from '../../plan/scale.ts'
import {apply} from '../apply.ts'
import {command} from '../command.ts'
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
    await apply(context, planScale(project, actual, scales, {noDeps: values['no-deps'], images}), {title: 'scale'})
    return 0
  },
})
