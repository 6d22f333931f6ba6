import {apply, showPlan} from '../apply.ts'
import {command} from '../command.ts'
import type {Context} from '../context.ts'
import {checkPorts} from '../ports.ts'
import {upAttached} from '../up-attached.ts'
import {type UpValues, upOptions} from '../up-options.ts'
import {type PlannedUp, planFor} from '../up-plan.ts'
import type {Attach} from '../watching.ts'

export const up = command({
  summary: 'Create and start containers',
  usage: 'up [OPTIONS] [SERVICE...]',
  details:
    'Makes what runs be what the file says: what changed is replaced, what is missing is made, the rest is left alone. Shows the output of containers until Ctrl-C, which stops them.',
  options: upOptions,
  run: ({values, operands, context}) => runUp(context, {values, services: operands}),
})

type Asked = {readonly values: UpValues; readonly services: readonly string[]}

/** `up` as the options have it, shown by `attach` where it is not detached. */
export async function runUp(context: Context, {values, services}: Asked, attach?: Attach): Promise<number> {
  if (context.settings.dryRun) {
    const planned = await planFor(context, values, services)
    await showPlan(context, planned.plan)
    return 0
  }
  const bold = await planFor(context, values, services, {recreateVolumes: true})
  const isAgreed = values.yes || (await confirm(context, bold))
  const planned = isAgreed ? bold : await planFor(context, values, services, {recreateVolumes: false})
  await checkPorts(planned.engine, planned.project, planned.plan)
  if (!values.detach && !values.wait && !values['no-start'])
    return upAttached(context, {planned, values, services}, attach)
  await apply(context, planned.plan, {title: 'up', patience: values['wait-timeout'], quietPull: values['quiet-pull']})
  return 0
}

/** Nothing that cannot be brought back is taken away unasked; without a yes it stays as it is. */
async function confirm(context: Context, {plan}: PlannedUp): Promise<boolean> {
  const lost = plan.steps.flatMap(({destroys}) => destroys ?? [])
  if (lost.length === 0) return true
  const {ask} = await import('../ask.ts')
  return ask(context.io, `this destroys ${lost.join(', ')}; go on?`)
}
