import {resolve} from 'node:path'
import {writeWhole} from '../../base/file.ts'
import {checkServices} from '../../plan/selection.ts'
import type {Stage} from '../../spec/source.ts'
import {command, type Values} from '../command.ts'
import {render} from '../config/render.ts'

const options = {
  environment: {type: 'boolean', description: 'only the variables that the files are filled in with'},
  explain: {type: 'string', value: 'PATH', description: 'where a value comes from: services.web.image'},
  format: {type: 'choice', choices: ['yaml', 'json'], description: 'yaml (default) or json'},
  hash: {type: 'string', value: 'SERVICE', description: "only the services' names and hashes; * for all"},
  images: {type: 'boolean', description: 'only the images'},
  models: {type: 'boolean', description: 'only the names of the models'},
  networks: {type: 'boolean', description: 'only the names of the networks'},
  'no-consistency': {type: 'boolean', description: 'do not check whether the parts agree with each other'},
  'no-env-resolution': {type: 'boolean', description: 'do not read env_file'},
  'no-interpolate': {type: 'boolean', description: 'leave variables as they are written'},
  'no-normalize': {type: 'boolean', description: 'do not add what goes without saying; leave in what is not used'},
  'no-path-resolution': {type: 'boolean', description: 'leave relative paths relative'},
  output: {type: 'string', short: 'o', value: 'FILE', description: 'write to a file'},
  profiles: {type: 'boolean', description: 'only the profiles'},
  quiet: {type: 'boolean', short: 'q', description: 'only check'},
  services: {type: 'boolean', description: 'only the names of the services'},
  variables: {type: 'boolean', description: 'only the variables that the files name, and their defaults'},
  volumes: {type: 'boolean', description: 'only the names of the volumes'},
} as const

export type ConfigValues = Values<typeof options>

export const config = command({
  summary: 'Check the files and print what they mean',
  usage: 'config [OPTIONS] [SERVICE...]',
  options,
  async run({values, operands, context}) {
    const model = await context.model(operands, stagesWithout(values))
    checkServices(operands, Object.keys(model.canonical.services))
    if (values.quiet) return 0
    const text = await render(model, {values, operands, directory: context.io.directory})
    if (values.output === undefined) context.print(text)
    else await writeWhole(resolve(context.io.directory, values.output), text, 0o644)
    return 0
  },
})

function stagesWithout(values: ConfigValues): ReadonlySet<Stage> {
  if (values.variables) return new Set(['interpolation', 'normalisation', 'paths', 'env-files', 'consistency'])
  const left: Readonly<Record<Stage, boolean>> = {
    consistency: values['no-consistency'],
    'env-files': values['no-env-resolution'],
    interpolation: values['no-interpolate'],
    normalisation: values['no-normalize'],
    paths: values['no-path-resolution'],
  }
  return new Set((Object.keys(left) as Stage[]).filter(stage => left[stage]))
}
