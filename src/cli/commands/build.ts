import {checkServices} from '../../plan/selection.ts'
import {buildServices} from '../building.ts'
import {command} from '../command.ts'
import {withDependencies} from '../dependencies.ts'
import {usage} from '../parse.ts'

export const build = command({
  summary: 'Build the images of services',
  usage: 'build [OPTIONS] [SERVICE...]',
  details: 'Steps that were done before with the same files are not done again.',
  options: {
    'build-arg': {type: 'string', value: 'NAME=VALUE', multiple: true, description: 'set an argument of all builds'},
    'no-cache': {type: 'boolean', description: 'do every step anew'},
    pull: {type: 'boolean', description: 'fetch newer base images'},
    quiet: {type: 'boolean', short: 'q', description: 'without showing the steps'},
    'with-dependencies': {type: 'boolean', description: 'also the images of services that they depend on'},
  },
  async run({values, operands, context}) {
    const project = await context.project(operands)
    const {services} = project
    checkServices(operands, Object.keys(services))
    const names = operands.length === 0 ? Object.keys(services) : operands
    const all = values['with-dependencies'] ? withDependencies(names, services) : names
    const buildable = all.flatMap(name => (services[name]?.build === undefined ? [] : [services[name]]))
    await buildServices(context, {engine: await context.engine(), project}, buildable, {
      args: argumentsOf(values['build-arg'], context.environment),
      noCache: values['no-cache'],
      pull: values.pull,
      quiet: values.quiet,
    })
    return 0
  },
})

/** A name alone has the environment's value. */
function argumentsOf(texts: readonly string[], environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    texts.flatMap(text => {
      const [name = '', value] = text.split(/=(.*)/s)
      if (name === '') throw usage(`"${text}" says no argument`, 'VERSION=2')
      const given = value ?? environment[name]
      return given === undefined ? [] : [[name, given]]
    }),
  )
}
