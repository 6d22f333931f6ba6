import {resolve} from 'node:path'
import {checkServices} from '../../plan/selection.ts'
import {buildServices} from '../building.ts'
import {command} from '../command.ts'
import {withDependencies} from '../dependencies.ts'
import {foreignBuilders} from '../foreign-builder.ts'
import {invoke} from '../invoke.ts'
import {usage} from '../parse.ts'

export const build = command({
  summary: 'Build the images of services',
  usage: 'build [OPTIONS] [SERVICE...]',
  details: 'Steps that were done before with the same files are not done again.',
  options: {
    'build-arg': {type: 'string', value: 'NAME=VALUE', multiple: true, description: 'set an argument of all builds'},
    builder: {
      type: 'choice',
      choices: ['stack', ...foreignBuilders],
      description: 'build by another program that is installed (default: stack)',
    },
    memory: {type: 'string', short: 'm', value: 'BYTES', hidden: true, description: 'no effect, as in the reference'},
    'no-cache': {type: 'boolean', description: 'do every step anew'},
    pull: {type: 'boolean', description: 'fetch newer base images'},
    push: {type: 'boolean', description: 'push the images after they are built'},
    quiet: {type: 'boolean', short: 'q', description: 'without showing the steps'},
    ssh: {
      type: 'string',
      value: 'default|ID=PATH',
      multiple: true,
      description: 'keys that RUN --mount=type=ssh may use: of an agent, or of a file',
    },
    'with-dependencies': {type: 'boolean', description: 'also the images of services that they depend on'},
  },
  async run({values, operands, context}) {
    const project = await context.project(operands)
    const {services} = project
    checkServices(operands, Object.keys(services))
    const names = operands.length === 0 ? Object.keys(services) : operands
    const all = values['with-dependencies'] ? withDependencies(names, services) : names
    const buildable = all.flatMap(name => (services[name]?.build === undefined ? [] : [services[name]]))
    if (context.settings.dryRun) {
      for (const {name, image} of buildable) context.print(`build ${image} for ${name}\n`)
      return 0
    }
    await buildServices(context, {engine: await context.engine(), project}, buildable, {
      args: argumentsOf(values['build-arg'], context.environment),
      ssh: keysOf(values.ssh, context.io.directory),
      ...(values.builder === undefined || values.builder === 'stack' ? {} : {builder: values.builder}),
      noCache: values['no-cache'],
      pull: values.pull,
      quiet: values.quiet,
    })
    if (values.push && buildable.length > 0)
      return await invoke(
        context,
        'push',
        buildable.map(each => each.name),
      )
    return 0
  },
})

/** An id alone is that of the agent of whoever asks. */
function keysOf(texts: readonly string[], directory: string): Record<string, string | null> {
  return Object.fromEntries(
    texts.flatMap(text => {
      const [id = '', path] = text.split(/=(.*)/s)
      if (id === '') throw usage(`"${text}" says no keys`, '--ssh default, or --ssh default=PATH')
      return [[id, path ? resolve(directory, path) : null]]
    }),
  )
}

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
