import type {ActualContainer, ContainerStatus} from '../../engine/engine.ts'
import {checkServices} from '../../plan/selection.ts'
import {harmless} from '../../ui/style.ts'
import {table} from '../../ui/table.ts'
import {ago} from '../../ui/time.ts'
import {command, type Values} from '../command.ts'
import type {Scope} from '../context.ts'
import {usage} from '../parse.ts'
import {commandText, containerJson, portsText, statusText} from '../present.ts'
import {servicesOf} from '../selection.ts'

const states = [
  'created',
  'running',
  'paused',
  'restarting',
  'removing',
  'exited',
  'dead',
] as const satisfies readonly ContainerStatus[]

const options = {
  all: {type: 'boolean', short: 'a', description: 'also those that are not running'},
  filter: {type: 'string', value: 'KEY=VALUE', multiple: true, description: 'only those with status=STATUS'},
  format: {type: 'choice', choices: ['table', 'json'], description: 'table, or one JSON object a line'},
  'no-trunc': {type: 'boolean', description: 'cut nothing off'},
  orphans: {type: 'boolean', default: true, description: 'also those of services that the file does not have'},
  quiet: {type: 'boolean', short: 'q', description: 'only the ids'},
  services: {type: 'boolean', description: 'only the names of the services'},
  status: {
    type: 'string',
    value: 'STATUS',
    multiple: true,
    description: `only those that are in this state: ${states.join(', ')}`,
  },
} as const

export const ps = command({
  summary: 'List containers',
  usage: 'ps [OPTIONS] [SERVICE...]',
  options,
  async run({values, operands, context}) {
    const scope = await context.scope()
    const {containers} = await (await context.engine()).observe(scope.name)
    checkServices(operands, servicesOf(scope, containers))
    const shown = select(containers, {values, operands, scope})
    context.print(await render(shown, {values, project: scope.name, now: Date.now()}))
    return 0
  },
})

type Choice = {readonly values: Values<typeof options>; readonly operands: readonly string[]; readonly scope: Scope}

function select(containers: readonly ActualContainer[], {values, operands, scope}: Choice): ActualContainer[] {
  const wanted = wantedStates(values)
  const inFile = (service: string) => values.orphans || scope.project === undefined || service in scope.project.services
  return containers
    .filter(({oneoff}) => values.all || !oneoff)
    .filter(({service}) => inFile(service) && (operands.length === 0 || operands.includes(service)))
    .filter(({status}) => wanted.includes(status))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function wantedStates({all, status, filter}: Values<typeof options>): readonly string[] {
  const filtered = filter.map(text => {
    const [, state] = /^status=(.*)$/.exec(text) ?? []
    if (state === undefined) throw usage(`cannot filter by "${text}"`, '--filter status=running')
    return state
  })
  const named = [...status, ...filtered]
  const wrong = named.find(each => !(states as readonly string[]).includes(each))
  if (wrong !== undefined) throw usage(`no such state "${wrong}"`, `one of ${states.join(', ')}`)
  if (named.length > 0) return named
  return all ? states : ['running', 'paused', 'restarting']
}

type Form = {readonly values: Values<typeof options>; readonly project: string; readonly now: number}

async function render(containers: readonly ActualContainer[], {values, project, now}: Form): Promise<string> {
  const lines = (texts: Iterable<string>) => [...texts].map(text => `${text}\n`).join('')
  if (values.quiet) return lines(containers.map(({id}) => id))
  if (values.services) return lines(new Set(containers.map(({service}) => service)))
  if (values.format === 'json') return lines(containers.map(each => JSON.stringify(containerJson(each, project, now))))
  const headings = ['NAME', 'IMAGE', 'COMMAND', 'SERVICE', 'CREATED', 'STATUS', 'PORTS']
  const rows = containers.map(each => [
    each.name,
    each.image,
    commandText(harmless(each.command), values['no-trunc']),
    each.service,
    ago(each.created, now),
    statusText(each, now),
    portsText(each.ports),
  ])
  return table(headings, rows)
}
