import {describe} from '../../../base/error.ts'
import {command} from '../../command.ts'
import {libraryOf} from '../../library.ts'

export const imageRm = command({
  summary: 'Take names from images, and remove those that have none then',
  usage: 'image rm [OPTIONS] IMAGE...',
  options: {
    force: {
      type: 'boolean',
      short: 'f',
      description: 'also those of containers that do not run, and ids with several names',
    },
  },
  operands: {minimum: 1},
  async run({values, operands, context}) {
    const library = libraryOf(await context.engine())
    const renderer = await context.renderer()
    let failed = false
    for (const image of operands) {
      try {
        if (context.settings.dryRun) await library.inspect(image)
        const gone = context.settings.dryRun ? [] : await library.remove(image, {force: values.force})
        for (const {kind, name} of gone) context.print(`${kind === 'untagged' ? 'Untagged' : 'Deleted'}: ${name}\n`)
      } catch (error) {
        failed = true
        renderer.note('error', describe(error))
      }
    }
    return failed ? 1 : 0
  },
})
