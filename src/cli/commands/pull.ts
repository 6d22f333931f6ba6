import {imagesOf} from '../../plan/images.ts'
import {checkServices} from '../../plan/selection.ts'
import {command} from '../command.ts'
import {withDependencies} from '../dependencies.ts'
import {workOn} from '../work.ts'

export const pull = command({
  summary: 'Fetch the images of services',
  usage: 'pull [OPTIONS] [SERVICE...]',
  options: {
    'ignore-pull-failures': {type: 'boolean', description: 'go on and succeed although an image cannot be fetched'},
    'include-deps': {type: 'boolean', description: 'also those of the services that they depend on'},
    policy: {
      type: 'choice',
      choices: ['missing', 'always'],
      description: 'only what is not there, or all (default: always)',
    },
    quiet: {type: 'boolean', short: 'q', description: 'without showing how far it is'},
  },
  async run({values, operands, context}) {
    const {services} = await context.project()
    checkServices(operands, Object.keys(services))
    const names =
      operands.length === 0
        ? Object.keys(services)
        : values['include-deps']
          ? withDependencies(operands, services)
          : operands
    const engine = await context.engine()
    const images = new Map(
      names
        .map(name => services[name]!)
        .filter(each => each.pullPolicy !== 'never' && each.pullPolicy !== 'build')
        .flatMap(each => imagesOf(each).map(image => [image, each.platform] as const)),
    )
    const tasks = [...images].map(([image, platform]) => ({
      id: `Image ${image}`,
      doing: 'Pulling',
      done: 'Pulled',
      mayFail: values['ignore-pull-failures'],
      run: async (progress: (text: string) => void) =>
        context.settings.dryRun
          ? undefined
          : await engine.ensureImage(image, values.policy ?? 'always', values.quiet ? undefined : progress, platform),
    }))
    await workOn('pull', tasks, await context.renderer())
    return 0
  },
})
