import {StackError} from '../../base/error.ts'
import type {Engine} from '../../engine/engine.ts'
import type {ImageLibrary} from '../../engine/images.ts'
import {checkServices} from '../../plan/selection.ts'
import {command} from '../command.ts'
import {withDependencies} from '../dependencies.ts'
import {libraryOf} from '../library.ts'
import {absent, type Candidate, candidates, isPushed, obstacleTo} from '../pushing.ts'
import {type Skipped, type Task, workOn} from '../work.ts'

export const push = command({
  summary: 'Send the images of services to their registries',
  usage: 'push [OPTIONS] [SERVICE...]',
  details:
    'Sent are images that are built, and those that are named after a registry which does not have them yet; of services that are named here, all.',
  options: {
    'ignore-push-failures': {type: 'boolean', description: 'go on and succeed although an image cannot be sent'},
    'include-deps': {type: 'boolean', description: 'also those of the services that they depend on'},
    quiet: {type: 'boolean', short: 'q', description: 'without showing how far it is'},
  },
  async run({values, operands, context}) {
    const project = await context.project(operands)
    const {services} = project
    checkServices(operands, Object.keys(services))
    const chosen = operands.length === 0 ? Object.keys(services) : operands
    const names = values['include-deps'] ? withDependencies(chosen, services) : chosen
    const engine = await context.engine()
    const library = libraryOf(engine)
    const sending: Sending = {
      engine,
      library,
      project: project.name,
      dryRun: context.settings.dryRun,
      quiet: values.quiet,
      mayFail: values['ignore-push-failures'],
    }
    const all = candidates(
      names.map(name => services[name]!),
      operands,
    )
    await workOn('push', await Promise.all(all.map(each => taskFor(each, sending))), await context.renderer())
    return 0
  },
})

type Sending = {
  readonly engine: Engine
  readonly library: ImageLibrary
  readonly project: string
  readonly dryRun: boolean
  readonly quiet: boolean
  readonly mayFail: boolean
}

/** What is not said to be pushed is passed over, where it cannot be. */
async function taskFor(
  candidate: Candidate,
  {engine, library, project, dryRun, ...how}: Sending,
): Promise<Task | Skipped> {
  const {image, build, isNamed} = candidate
  const id = `Image ${image}`
  const obstacle = obstacleTo(candidate, project)
  if (obstacle !== undefined && !isNamed) return {id, skipped: `${obstacle.because} (try: ${obstacle.hint})`}
  const isPresent = obstacle === undefined && (await engine.findImage(image)) !== undefined
  if (isPresent && !isNamed && build === undefined && (await isPushed(library, image))) {
    return {id, skipped: 'its registry has it'}
  }
  return {
    id,
    doing: 'Pushing',
    done: 'Pushed',
    mayFail: how.mayFail,
    async run(progress) {
      if (obstacle !== undefined) throw new StackError('unsupported', obstacle.because, {hint: obstacle.hint})
      if (!isPresent) throw absent(candidate)
      if (!dryRun) await library.push(image, how.quiet ? () => undefined : progress)
    },
  }
}
