import {command} from '../command.ts'
import {upOptions} from '../up-options.ts'
import {planFor} from '../up-plan.ts'

export const plan = command({
  summary: 'Show what "up" would do, and why',
  usage: 'plan [OPTIONS] [SERVICE...]',
  details: 'Takes the options of "stack up" and does nothing; the same as "stack up --dry-run".',
  options: upOptions,
  async run({values, operands, context}) {
    const {showPlan} = await import('../apply.ts')
    await showPlan(context, (await planFor(context, values, operands)).plan)
    return 0
  },
})
