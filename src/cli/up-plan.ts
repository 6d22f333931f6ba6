import type {Engine} from '../engine/engine.ts'
import {presentImages} from '../execute/images.ts'
import type {Project} from '../model/project.ts'
import type {Plan} from '../plan/step.ts'
import {planUp} from '../plan/up.ts'
import type {Context} from './context.ts'
import {graceOf} from './grace.ts'
import {isTrue} from './settings.ts'
import {checkUpOptions, parseScales, type UpValues} from './up-options.ts'

export type PlannedUp = {readonly project: Project; readonly engine: Engine; readonly plan: Plan}

/** What `up` with these options would do. */
export async function planFor(
  context: Context,
  values: UpValues,
  services: readonly string[],
  {recreateVolumes = values.yes} = {},
): Promise<PlannedUp> {
  checkUpOptions(values)
  const project = await context.project(services)
  const engine = await context.engine()
  const [{actual}, images] = await Promise.all([
    context.observe(),
    presentImages(engine, Object.values(project.services)),
  ])
  const plan = planUp(project, actual, {
    services,
    noDeps: values['no-deps'],
    forceRecreate: values['force-recreate'],
    noRecreate: values['no-recreate'],
    alwaysRecreateDeps: values['always-recreate-deps'],
    noStart: values['no-start'],
    removeOrphans: values['remove-orphans'] || isTrue(context.environment.COMPOSE_REMOVE_ORPHANS),
    recreateVolumes,
    renewAnonymousVolumes: values['renew-anon-volumes'],
    scale: parseScales(values.scale),
    wait: values.wait,
    images,
    ...graceOf(values),
    ...(values.pull === undefined || values.pull === 'policy' ? {} : {pull: values.pull}),
  })
  const isSilent = isTrue(context.environment.COMPOSE_IGNORE_ORPHANS)
  return {project, engine, plan: isSilent ? {...plan, warnings: []} : plan}
}
