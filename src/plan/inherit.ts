import type {ActualContainer, ContainerSpec} from '../engine/engine.ts'

/** A name that an engine made up: the volume belongs to its container. */
export const isAnonymous = (volume: string): boolean => /^[0-9a-f]{64}$/.test(volume)

/** The successor of a container keeps its anonymous volumes, by where they are mounted. */
export function inheritVolumes(spec: ContainerSpec, old: ActualContainer): ContainerSpec {
  const kept = Object.entries(old.mountedVolumes ?? {}).filter(([, volume]) => isAnonymous(volume))
  const mounts = [...spec.mounts]
  for (const [target, source] of kept) {
    const index = mounts.findIndex(mount => mount.target === target)
    const mount = mounts[index]
    if (mount === undefined) mounts.push({type: 'volume', source, target, readOnly: false, nocopy: true})
    else if (mount.type === 'volume' && mount.source === undefined) mounts[index] = {...mount, source}
  }
  return {...spec, mounts}
}
