import type {ActualContainer, ContainerStatus, ImageFacts} from '../engine/engine.ts'

export type Wish = {
  readonly hash: string
  /** The image as it is present now; undefined: not known, or not there. */
  readonly image: ImageFacts | undefined
  /** Names of the networks it should be on. */
  readonly networks: readonly string[]
}

/** Why a container must be replaced, in words, or undefined where it is as it should be. */
export function difference(container: ActualContainer, {hash, image, networks}: Wish): string | undefined {
  if (container.configHash !== hash) return 'configuration changed'
  if (image !== undefined && bare(image.id) !== bare(container.imageId)) return 'image changed'
  const missing = isUp(container) && networks.find(name => !(name in container.networks))
  return missing ? `not on network "${missing}"` : undefined
}

/** Podman leaves the algorithm away in some answers. */
const bare = (id: string): string => id.replace(/^sha256:/, '')

const up: readonly ContainerStatus[] = ['running', 'paused', 'restarting']

/** Whether there is something to stop. */
export const isUp = ({status}: Pick<ActualContainer, 'status'>): boolean => up.includes(status)

/** Ended well: a job that has done its work. */
export const isCompleted = ({status, exitCode}: ActualContainer): boolean => status === 'exited' && exitCode === 0

/** Why it has to be started, in words. */
export function whyDown({status, exitCode, error}: ActualContainer): string {
  if (status === 'created') return error === '' ? 'not started' : 'could not be started before'
  return status === 'exited' ? `not running, exited with ${exitCode}` : 'not running'
}
