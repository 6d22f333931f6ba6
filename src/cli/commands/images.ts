import {table} from '../../ui/table.ts'
import {command} from '../command.ts'
import {shortId, splitReference} from '../image-names.ts'
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
      ID: shortId(imageId),
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
