import {presentImages} from '../execute/images.ts'
import {providedServices} from '../plan/providers.ts'
import {planScale, type Scales} from '../plan/scale.ts'
import {type Applying, apply} from './apply.ts'
import type {Context} from './context.ts'
import {checkPorts} from './ports.ts'
import {provide} from './providers.ts'

export type Scaling = Pick<Applying, 'signal' | 'amongOutput'> & {readonly noDeps?: boolean}

/** Gives services other numbers of containers. */
export async function scaleServices(
  context: Context,
  scales: Scales,
  {noDeps = false, ...applying}: Scaling,
): Promise<void> {
  const loaded = await context.project(Object.keys(scales))
  const project = await provide(context, loaded, providedServices(loaded, Object.keys(scales), noDeps))
  const [images, {actual}] = await Promise.all([
    presentImages(await context.engine(), Object.values(project.services)),
    context.observe(),
  ])
  const plan = planScale(project, actual, scales, {noDeps, images})
  if (!context.settings.dryRun) await checkPorts(await context.engine(), project, plan)
  await apply(context, plan, {title: 'scale', ...applying})
}
