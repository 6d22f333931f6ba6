import type {Engine} from '../engine/engine.ts'
import type {Project} from '../model/project.ts'
import {providedServices} from '../plan/providers.ts'
import type {Plan} from '../plan/step.ts'
import {chosenServices, planUp} from '../plan/up.ts'
import {buildMissing} from './building.ts'
import type {Context} from './context.ts'
import {graceOf} from './grace.ts'
import {refreshedImages, withoutAlways} from './refresh.ts'
import {isTrue} from './settings.ts'
import {checkUpOptions, parseScales, type UpValues} from './up-options.ts'

export type PlannedUp = {readonly project: Project; readonly engine: Engine; readonly plan: Plan}

/** The project with what other programs say that provide some of its services. */
async function providedProject(context: Context, values: UpValues, services: readonly string[]): Promise<Project> {
  const project = await context.project(services)
  const provided = providedServices(project, services, values['no-deps'])
  return provided.length === 0 ? project : (await import('./providers.ts')).provide(context, project, provided)
}

/** What `up` with these options would do. */
export async function planFor(
  context: Context,
  values: UpValues,
  services: readonly string[],
  {recreateVolumes = values.yes, amongOutput = false} = {},
): Promise<PlannedUp> {
  checkUpOptions(values)
  const project = await providedProject(context, values, services)
  const engine = await context.engine()
  const pull = values.pull === 'policy' ? undefined : values.pull
  const chosen = chosenServices(project, {services, noDeps: values['no-deps']}).map(name => project.services[name]!)
  await buildMissing(context, {
    engine,
    project,
    services: chosen,
    always: values.build,
    never: values['no-build'],
    amongOutput,
    quiet: values['quiet-build'],
  })
  const [{actual}, images] = await Promise.all([
    context.observe(),
    refreshedImages(context, {engine, project, services: chosen, pull, quiet: values['quiet-pull']}),
  ])
  const isFresh = !context.settings.dryRun
  const plan = planUp(isFresh ? withoutAlways(project) : project, actual, {
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
    ...(pull === undefined ? {} : {pull: isFresh && pull === 'always' ? 'missing' : pull}),
  })
  const isSilent = isTrue(context.environment.COMPOSE_IGNORE_ORPHANS)
  return {project, engine, plan: isSilent ? {...plan, warnings: []} : plan}
}
