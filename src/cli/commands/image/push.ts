import {command} from '../../command.ts'
import {libraryOf} from '../../library.ts'
import {workOn} from '../../work.ts'

export const imagePush = command({
  summary: 'Send images to the registries that their names say',
  usage: 'image push [OPTIONS] IMAGE...',
  options: {
    quiet: {type: 'boolean', short: 'q', description: 'without showing how far it is'},
  },
  operands: {minimum: 1},
  async run({values, operands, context}) {
    const library = libraryOf(await context.engine())
    const tasks = [...new Set(operands)].map(image => ({
      id: `Image ${image}`,
      doing: 'Pushing',
      done: 'Pushed',
      run: async (progress: (text: string) => void) =>
        context.settings.dryRun ? undefined : await library.push(image, values.quiet ? () => undefined : progress),
    }))
    await workOn('push', tasks, await context.renderer())
    return 0
  },
})
