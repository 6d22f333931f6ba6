import {table} from '../../ui/table.ts'
import {command} from '../command.ts'
import {containersOf} from '../selection.ts'

export const images = command({
  summary: 'List the images of containers',
  usage: 'images [OPTIONS] [SERVICE...]',
  options: {
    format: {type: 'choice', choices: ['table', 'json'], description: 'table, or one JSON array'},
    quiet: {type: 'boolean', short: 'q', description: 'only the ids'},
  },
  async run({values, operands, context}) {
    const rows = (await containersOf(context, operands)).map(({name, image, imageId}) => ({
      ContainerName: name,
      ...splitReference(image),
      ID: imageId.replace(/^sha256:/, '').slice(0, 12),
    }))
    if (values.quiet) context.print([...new Set(rows.map(({ID}) => `${ID}\n`))].join(''))
    else if (values.format === 'json') context.print(`${JSON.stringify(rows)}\n`)
    else
      context.print(
        await table(
          ['CONTAINER', 'REPOSITORY', 'TAG', 'IMAGE ID'],
          rows.map(each => [each.ContainerName, each.Repository, each.Tag, each.ID]),
        ),
      )
    return 0
  },
})

function splitReference(reference: string): {Repository: string; Tag: string} {
  const [name = ''] = reference.split('@')
  const match = /^([a-z-]+:\/\/.*|.*?)(?::([^:/]+))?$/.exec(name)
  return {
    Repository: match?.[1] ?? name,
    Tag: match?.[2] ?? (reference.includes('@') || name.includes('://') ? '<none>' : 'latest'),
  }
}
