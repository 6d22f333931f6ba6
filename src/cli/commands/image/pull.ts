import {command} from '../../command.ts'
import {workOn} from '../../work.ts'

export const imagePull = command({
  summary: 'Fetch images',
  usage: 'image pull [OPTIONS] IMAGE...',
  options: {
    platform: {type: 'string', value: 'OS/ARCHITECTURE', description: 'what it is made for; this machine unless said'},
    quiet: {type: 'boolean', short: 'q', description: 'without showing how far it is'},
  },
  operands: {minimum: 1},
  async run({values, operands, context}) {
    const engine = await context.engine()
    const tasks = [...new Set(operands)].map(image => ({
      id: `Image ${image}`,
      doing: 'Pulling',
      done: 'Pulled',
      run: async (progress: (text: string) => void) =>
        context.settings.dryRun
          ? undefined
          : await engine.ensureImage(image, 'always', values.quiet ? undefined : progress, values.platform),
    }))
    await workOn('pull', tasks, await context.renderer())
    return 0
  },
})
