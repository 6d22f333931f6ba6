import {StackError} from '../../base/error.ts'
import {apply, showPlan} from '../apply.ts'
import {ask} from '../ask.ts'
import {command} from '../command.ts'
import type {Context} from '../context.ts'
import {refreshImages} from '../refresh.ts'
import {upAttached} from '../up-attached.ts'
import {upOptions} from '../up-options.ts'
import {type PlannedUp, planFor} from '../up-plan.ts'

export const up = command({
  summary: 'Create and start containers',
  usage: 'up [OPTIONS] [SERVICE...]',
  details:
    'Makes what runs be what the file says: what changed is replaced, what is missing is made, the rest is left alone. Shows the output of containers until Ctrl-C, which stops them.',
  options: upOptions,
  async run({values, operands, context}) {
    const wanted = context.settings.dryRun ? values : await refreshImages(context, values, operands)
    const planned = await planFor(context, wanted, operands)
    if (context.settings.dryRun) {
      await showPlan(context, planned.plan)
      return 0
    }
    if (!values.yes) await confirm(context, planned)
    if (!values.detach && !values.wait && !values['no-start'])
      return upAttached(context, {planned, values, services: operands})
    await apply(context, planned.plan, {title: 'up', patience: values['wait-timeout'], quietPull: values['quiet-pull']})
    return 0
  },
})

/** Nothing that cannot be brought back is taken away unasked. */
async function confirm(context: Context, {plan}: PlannedUp): Promise<void> {
  const lost = plan.steps.flatMap(({destroys}) => destroys ?? [])
  if (lost.length === 0 || (await ask(context.io, `this destroys ${lost.join(', ')}; go on?`))) return
  throw new StackError('cancelled', `not done: it would destroy ${lost.join(', ')}`, {hint: 'stack up --yes'})
}
