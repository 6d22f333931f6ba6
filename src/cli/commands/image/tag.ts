import {command} from '../../command.ts'
import {libraryOf} from '../../library.ts'

export const imageTag = command({
  summary: 'Give an image another name',
  usage: 'image tag IMAGE NAME',
  options: {},
  operands: {minimum: 2, maximum: 2},
  async run({operands: [image = '', name = ''], context}) {
    const library = libraryOf(await context.engine())
    if (!context.settings.dryRun) await library.tag(image, name)
    return 0
  },
})
