import type {ImageDocument} from '../../../engine/images.ts'
import {sizeText} from '../../../ui/size.ts'
import {table} from '../../../ui/table.ts'
import {command} from '../../command.ts'
import {shortId} from '../../image-names.ts'
import {libraryOf} from '../../library.ts'

export const imageInspect = command({
  summary: 'Show all that is known of images',
  usage: 'image inspect [OPTIONS] IMAGE...',
  options: {
    format: {
      type: 'choice',
      choices: ['table', 'json'],
      description: 'the main things, or one JSON array (default: json)',
    },
  },
  operands: {minimum: 1},
  async run({values, operands, context}) {
    const library = libraryOf(await context.engine())
    const found = await Promise.all(operands.map(each => library.inspect(each)))
    context.print(values.format === 'table' ? await shortly(found) : `${JSON.stringify(found, null, 4)}\n`)
    return 0
  },
})

const shortly = (all: readonly ImageDocument[]): Promise<string> =>
  table(
    ['NAMES', 'IMAGE ID', 'PLATFORM', 'SIZE', 'LAYERS', 'COMMAND'],
    all.map(({Id, RepoTags, Os = '', Architecture = '', Variant, Size = 0, RootFS, Config}) => [
      (RepoTags ?? []).join(', '),
      shortId(Id),
      [Os, Architecture, ...(Variant ? [Variant] : [])].join('/'),
      sizeText(Size),
      String(RootFS?.Layers?.length ?? 0),
      [...(Config?.Entrypoint ?? []), ...(Config?.Cmd ?? [])].join(' '),
    ]),
  )
