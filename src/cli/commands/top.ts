import {harmless} from '../../ui/style.ts'
import {table} from '../../ui/table.ts'
import {command} from '../command.ts'
import {containersOf} from '../selection.ts'

export const top = command({
  summary: 'List the processes in containers',
  usage: 'top [SERVICE...]',
  options: {},
  async run({operands, context}) {
    const engine = await context.engine()
    const running = (await containersOf(context, operands)).filter(({status}) => status === 'running')
    const found = await Promise.all(
      running.map(async each => ({container: each, ...(await engine.processes(each.id))})),
    )
    const titles = found[0]?.titles ?? []
    const rows = found.flatMap(({container, rows}) =>
      rows.map(row => [container.service, String(container.number), ...row.map(harmless)]),
    )
    if (rows.length > 0) context.print(await table(['SERVICE', '#', ...titles], rows))
    return 0
  },
})
