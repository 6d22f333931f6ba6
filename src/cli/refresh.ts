import {describe} from '../base/error.ts'
import type {Engine, ImageFacts} from '../engine/engine.ts'
import {imagesToRefresh, presentImages} from '../execute/images.ts'
import type {Project, Service} from '../model/project.ts'
import type {PullPolicy} from '../plan/step.ts'
import type {Context} from './context.ts'
import {workOn} from './work.ts'

export type Wanted = {
  readonly engine: Engine
  readonly project: Project
  /** Those that are to run. */
  readonly services: readonly Service[]
  readonly pull: PullPolicy | undefined
  readonly quiet: boolean
}

/** Fetches what has to be the newest; gives the images that are here then. In a dry run nothing is fetched. */
export async function refreshedImages(
  context: Context,
  {engine, project, services, pull, quiet}: Wanted,
): Promise<Map<string, ImageFacts>> {
  const all = Object.values(project.services)
  const images = await presentImages(engine, all)
  const wanted = context.settings.dryRun ? [] : imagesToRefresh(services, {pull, images, now: Date.now()})
  if (wanted.length === 0) return images
  const renderer = await context.renderer()
  const warnings: string[] = []
  const tasks = wanted.map(({image, mustSucceed, platform}) => ({
    id: `Image ${image}`,
    doing: 'Pulling',
    done: 'Pulled',
    run: async (progress: (text: string) => void) => {
      const fetched = engine.ensureImage(image, 'always', quiet ? undefined : progress, platform)
      // One that is here and serves is better than none: its age alone stops nobody.
      await (mustSucceed
        ? fetched
        : fetched.catch(error => warnings.push(`${image} stays as it is: ${describe(error)}`)))
    },
  }))
  await workOn('pull', tasks, renderer)
  for (const warning of warnings) renderer.note('warning', warning)
  return presentImages(engine, all)
}

/** The project after its newest images have been fetched: it needs no newer ones. */
export const withoutAlways = (project: Project): Project => ({
  ...project,
  services: Object.fromEntries(
    Object.entries(project.services).map(([name, service]) => [
      name,
      service.pullPolicy === 'always' ? {...service, pullPolicy: 'missing' as const} : service,
    ]),
  ),
})
