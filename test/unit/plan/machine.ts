import {MemoryEngine} from '../../../src/engine/memory/engine.ts'
import {execute} from '../../../src/execute/execute.ts'
import {presentImages} from '../../../src/execute/images.ts'
import {perform} from '../../../src/execute/perform.ts'
import type {Project} from '../../../src/model/project.ts'
import {type Plan, render} from '../../../src/plan/step.ts'
import {planUp, type UpOptions} from '../../../src/plan/up.ts'

/** Runs the steps of a plan; fails with the first failure. */
export async function carryOut(engine: MemoryEngine, name: string, {steps}: Plan): Promise<void> {
  const failures = await execute(steps, perform(engine, name))
  if (failures[0] !== undefined) throw failures[0].error
}

/** An engine on which the project runs. */
export async function running(project: Project, options: UpOptions = {}): Promise<MemoryEngine> {
  const engine = new MemoryEngine()
  await up(engine, project, options)
  return engine
}

export async function up(engine: MemoryEngine, project: Project, options: UpOptions = {}): Promise<void> {
  await carryOut(engine, project.name, await plannedUp(engine, project, options))
}

export async function plannedUp(engine: MemoryEngine, project: Project, options: UpOptions = {}): Promise<Plan> {
  const images = await presentImages(engine, Object.values(project.services))
  return planUp(project, await engine.observe(project.name), {images, ...options})
}

export const textOfUp = async (engine: MemoryEngine, project: Project, options: UpOptions = {}): Promise<string> =>
  render((await plannedUp(engine, project, options)).steps)
