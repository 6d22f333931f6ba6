import {StackError} from '../base/error.ts'
import type {ImageLibrary} from '../engine/images.ts'
import type {Service} from '../model/project.ts'
import {defaultRegistry, parseDocker} from '../registry/reference.ts'

/** An image that a service has by one of its names. */
export type Candidate = Pick<Service, 'name' | 'image' | 'build'> & {
  /** The command line names the service. */
  readonly isNamed: boolean
}

/** Why an image is not sent, and what would change that. */
export type Obstacle = {readonly because: string; readonly hint: string}

/** Each image of the services once, with the further tags of those that are built. */
export function candidates(services: readonly Service[], named: readonly string[]): Candidate[] {
  const all = services
    .filter(each => each.provider === undefined)
    .flatMap(({name, image, build}) =>
      [image, ...(build?.tags ?? [])].map(each => ({
        name,
        image: each,
        isNamed: named.includes(name),
        ...(build && {build}),
      })),
    )
  return [...new Map(all.map(each => [each.image, each])).values()]
}

/** What speaks against sending it to a registry, by its name alone. Errors: image-not-found for what is no name. */
export function obstacleTo({name, image, build, isNamed}: Candidate, project: string): Obstacle | undefined {
  if (image.includes('://')) {
    const hint = `stack image tag ${image} REGISTRY/NAME:TAG, and write image: REGISTRY/NAME:TAG`
    return {because: 'it has no name of a registry', hint}
  }
  const {registry, digest} = parseDocker(image)
  if (digest !== undefined) return {because: 'a digest cannot be pushed', hint: 'write image: NAME:TAG'}
  if (registry !== defaultRegistry) return undefined
  if (build !== undefined && image === `${project}-${name}`) {
    return {because: 'its service says no image:', hint: 'write image: REGISTRY/NAME:TAG beside build:'}
  }
  if (build !== undefined || isNamed) return undefined
  return {because: 'it is not built here', hint: `stack push ${name}`}
}

/** Whether the registry has it already, as far as is known here: it came from there, or was sent there. */
export async function isPushed(library: ImageLibrary, image: string): Promise<boolean> {
  const {RepoDigests} = await library.inspect(image)
  const {repository} = parseDocker(image)
  return (RepoDigests ?? []).some(each => parseDocker(each).repository === repository)
}

/** Of one that is not here: how to get it. */
export const absent = ({name, build}: Candidate): StackError =>
  new StackError('image-not-found', 'it is not here', {hint: `stack ${build === undefined ? 'pull' : 'build'} ${name}`})
