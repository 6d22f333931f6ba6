import {StackError} from '../base/error.ts'
import type {Actual} from '../engine/engine.ts'
import type {Project} from '../model/project.ts'
import {checkServices} from './selection.ts'
import type {Plan} from './step.ts'
import {planUp, type UpOptions} from './up.ts'

export type Scales = Readonly<Record<string, number>>

/** Gives services other numbers of replicas; what runs is left as it is. */
export function planScale(
  project: Project,
  actual: Actual,
  scale: Scales,
  options: Pick<UpOptions, 'noDeps' | 'timeout' | 'images'> = {},
): Plan {
  checkServices(Object.keys(scale), Object.keys(project.services))
  return planUp(project, actual, {...options, services: Object.keys(scale), scale, noRecreate: true})
}

/** Fails where a number cannot be. */
export function checkScales(project: Project, scale: Scales): void {
  checkServices(Object.keys(scale), Object.keys(project.services))
  for (const {name, containerName, provider, scale: own} of Object.values(project.services)) {
    const count = scale[name] ?? own
    if (provider !== undefined && count > 0)
      throw new StackError('usage', `${name} is provided by ${provider.type} and has no containers to scale`)
    if (!Number.isInteger(count) || count < 0)
      throw new StackError('usage', `scale of ${name} must be a number of containers, not ${count}`)
    if (count > 1 && containerName !== undefined) {
      throw new StackError(
        'usage',
        `${name} has the container_name "${containerName}", so that it can have one container, not ${count}`,
        {
          hint: 'take container_name away',
        },
      )
    }
  }
}
