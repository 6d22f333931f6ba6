import {resolve} from 'node:path'
import {writeWhole} from '../../base/file.ts'
import {imagesOf} from '../../plan/images.ts'
import {checkServices} from '../../plan/selection.ts'
import {command, type Values} from '../command.ts'
import type {Scope} from '../context.ts'

const options = {
  format: {type: 'choice', choices: ['yaml', 'json'], description: 'yaml (default) or json'},
  hash: {type: 'string', value: 'SERVICE', description: "only the services' names and hashes; * for all"},
  images: {type: 'boolean', description: 'only the images'},
  networks: {type: 'boolean', description: 'only the names of the networks'},
  output: {type: 'string', short: 'o', value: 'FILE', description: 'write to a file'},
  profiles: {type: 'boolean', description: 'only the profiles'},
  quiet: {type: 'boolean', short: 'q', description: 'only check'},
  services: {type: 'boolean', description: 'only the names of the services'},
  volumes: {type: 'boolean', description: 'only the names of the volumes'},
} as const

export const config = command({
  summary: 'Check the files and print what they mean',
  usage: 'config [OPTIONS] [SERVICE...]',
  options,
  async run({values, operands, context}) {
    await context.project(operands)
    const text = await render(await context.scope(), values, operands)
    if (values.quiet) return 0
    if (values.output === undefined) context.print(text)
    else await writeWhole(resolve(context.io.directory, values.output), text, 0o644)
    return 0
  },
})

async function render(scope: Scope, values: Values<typeof options>, operands: readonly string[]): Promise<string> {
  const {project, canonical} = scope
  if (project === undefined || canonical === undefined) return ''
  checkServices(operands, Object.keys(canonical.services))
  const {services, disabledServices} = project
  if (values.services) return lines(Object.keys(services))
  if (values.volumes) return lines(Object.keys(canonical.volumes ?? {}))
  if (values.networks) return lines(Object.keys(canonical.networks ?? {}))
  if (values.images) return lines(Object.values(services).flatMap(imagesOf))
  if (values.profiles)
    return lines([...Object.values(services), ...Object.values(disabledServices)].flatMap(({profiles}) => profiles))
  if (values.hash !== undefined) return hashes(scope, values.hash)
  const {printCanonical} = await import('../../spec/canonical.ts')
  const chosen =
    operands.length === 0
      ? canonical.services
      : Object.fromEntries(operands.map(name => [name, canonical.services[name]!]))
  return printCanonical({...canonical, services: chosen}, values.format ?? 'yaml')
}

async function hashes({project}: Scope, wanted: string): Promise<string> {
  const {configHash} = await import('../../plan/hash.ts')
  const names = wanted === '*' ? Object.keys(project!.services) : wanted.split(',')
  checkServices(names, Object.keys(project!.services))
  return lines(names.map(name => `${name} ${configHash(project!, project!.services[name]!)}`))
}

const lines = (texts: Iterable<string>): string =>
  [...new Set(texts)]
    .sort()
    .map(text => `${text}\n`)
    .join('')
