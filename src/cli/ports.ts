import type {Engine} from '../engine/engine.ts'
import type {Project} from '../model/project.ts'
import {checkWishes, leavingContainers, portWishes} from '../plan/ports.ts'
import type {Plan} from '../plan/step.ts'

/** Asks the engine who has the ports that a plan needs, where it can tell. Errors: port-taken. */
export async function checkPorts(engine: Engine, project: Project, {steps}: Plan): Promise<void> {
  const wishes = portWishes(project, steps)
  if (wishes.length === 0 || engine.takenPorts === undefined) return
  const ports = wishes.flatMap(each => each.ports)
  checkWishes(wishes, await engine.takenPorts({project: project.name, leaving: leavingContainers(steps), ports}))
}
