import {checkServices} from '../../plan/selection.ts'
import {type Explained, explainAll} from '../../spec/provenance.ts'
import type {Plain} from '../../spec/tree.ts'
import {table} from '../../ui/table.ts'
import {command} from '../command.ts'
import {explainedJson, placeOf} from '../config/explain.ts'

export const env = command({
  summary: "List a service's variables, and where each comes from",
  usage: 'env [OPTIONS] SERVICE',
  details: 'Those of the Compose files, of env_file and of the environment; what an image sets by itself is not in it.',
  options: {
    format: {type: 'choice', choices: ['table', 'json'], description: 'table, or one JSON array'},
  },
  operands: {minimum: 1, maximum: 1},
  async run({values, operands: [service = ''], context}) {
    const {canonical, sources} = await context.model([service])
    checkServices([service], Object.keys(canonical.services))
    const variables = canonical.services[service]?.environment ?? {}
    const all = Object.keys(variables)
      .sort()
      .map(name =>
        explainOne(
          name,
          explainAll({path: ['services', service, 'environment', name], value: variables[name]!}, sources),
        ),
      )
    const {directory} = context.io
    if (values.format === 'json') {
      context.print(
        `${JSON.stringify(
          all.map(each => ({name: each.name, ...explainedJson(each, directory)})),
          null,
          2,
        )}\n`,
      )
    } else {
      context.print(
        await table(
          ['NAME', 'VALUE', 'FROM', 'INSTEAD OF'],
          all.map(each => row(each, directory)),
        ),
      )
    }
    return 0
  },
})

type Variable = Explained & {readonly name: string}

const explainOne = (name: string, [found]: readonly Explained[]): Variable => ({name, ...found!})

const row = ({name, value, from, shadows}: Variable, directory: string): string[] => [
  name,
  value === null ? '(not set)' : textOf(value),
  originText(from, directory),
  shadows.map(({value: before, at}) => `${textOf(before)} ${placeOf(at, directory)}`).join(', '),
]

const textOf = (value: Plain): string => (typeof value === 'string' ? value.replaceAll('\n', '\\n') : String(value))

function originText(from: Explained['from'], directory: string): string {
  if (from.kind === 'default') return ''
  const variables = from.kind === 'written' ? from.variables : []
  const names = variables.map(
    ({name, value, at}) =>
      `${name} ${value === undefined ? 'not set' : at === undefined ? 'from the environment' : placeOf(at, directory)}`,
  )
  return [placeOf(from.at, directory), ...names].join(', ')
}
