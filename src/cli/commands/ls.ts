import type {ActualContainer} from '../../engine/engine.ts'
import {table} from '../../ui/table.ts'
import {command} from '../command.ts'
import {usage} from '../parse.ts'

type Listed = {readonly Name: string; readonly Status: string; readonly ConfigFiles: string}

export const ls = command({
  summary: 'List projects that have containers',
  usage: 'ls [OPTIONS]',
  options: {
    all: {type: 'boolean', short: 'a', description: 'also those where nothing runs'},
    filter: {type: 'string', value: 'KEY=VALUE', multiple: true, description: 'only those with name=PATTERN'},
    format: {type: 'choice', choices: ['table', 'json'], description: 'table, or one JSON array'},
    quiet: {type: 'boolean', short: 'q', description: 'only the names'},
  },
  operands: {maximum: 0},
  async run({values, context}) {
    const patterns = values.filter.map(namePattern)
    const containers = await (await context.engine()).observeAll()
    const shown = projectsOf(containers, values.all).filter(({Name}) => patterns.every(pattern => pattern.test(Name)))
    if (values.quiet) context.print(shown.map(({Name}) => `${Name}\n`).join(''))
    else if (values.format === 'json') context.print(`${JSON.stringify(shown)}\n`)
    else
      context.print(
        await table(
          ['NAME', 'STATUS', 'CONFIG FILES'],
          shown.map(each => [each.Name, each.Status, each.ConfigFiles]),
        ),
      )
    return 0
  },
})

function namePattern(filter: string): RegExp {
  const [, pattern] = /^name=(.*)$/.exec(filter) ?? []
  if (pattern === undefined) throw usage(`cannot filter by "${filter}"`, '--filter name=shop')
  try {
    return new RegExp(pattern)
  } catch {
    throw usage(`"${pattern}" is no pattern`)
  }
}

function projectsOf(containers: readonly ActualContainer[], all: boolean): Listed[] {
  const projects = new Map<string, ActualContainer[]>()
  for (const container of containers) {
    const name = container.labels['com.docker.compose.project']
    if (name !== undefined && !container.oneoff) projects.set(name, [...(projects.get(name) ?? []), container])
  }
  return [...projects]
    .filter(([, members]) => all || members.some(({status}) => status !== 'exited' && status !== 'created'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([Name, members]) => ({Name, Status: countStates(members), ConfigFiles: filesOf(members)}))
}

/** `exited(1), running(2)` */
function countStates(containers: readonly ActualContainer[]): string {
  const counts = new Map<string, number>()
  for (const {status} of containers) counts.set(status, (counts.get(status) ?? 0) + 1)
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([status, count]) => `${status}(${count})`)
    .join(', ')
}

const filesOf = (containers: readonly ActualContainer[]): string =>
  [
    ...new Set(containers.flatMap(({labels}) => labels['com.docker.compose.project.config_files']?.split(',') ?? [])),
  ].join(',')
