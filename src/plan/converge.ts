import type {ActualContainer, ImageFacts} from '../engine/engine.ts'
import type {Project, Service} from '../model/project.ts'
import {difference, isCompleted, isUp, whyDown} from './compare.ts'
import {configHash} from './hash.ts'

/** What becomes of one replica. */
export type Replica =
  | {readonly action: 'keep'; readonly container: ActualContainer}
  | {readonly action: 'start' | 'restart' | 'replace'; readonly container: ActualContainer; readonly because: string}
  | {readonly action: 'create'; readonly number: number; readonly because: string}

export type Decision = {
  readonly service: Service
  readonly replicas: readonly Replica[]
  /** To be removed, in this order. */
  readonly surplus: ActualContainer[]
  readonly surplusBecause: string
}

export type Convergence = {
  readonly scale: number
  readonly recreate: 'changed' | 'always' | 'never'
  readonly images: ReadonlyMap<string, ImageFacts>
  /** Its end with 0 is what others wait for: done once, it stays done. */
  readonly isJob: boolean
}

/** What a service needs so that it is as its file says, given the containers that it has. */
export function converge(
  project: Project,
  service: Service,
  existing: readonly ActualContainer[],
  how: Convergence,
): Decision {
  const wish = {
    hash: configHash(project, service),
    image: how.images.get(service.image),
    networks: Object.keys(service.networks).map(key => project.networks[key]?.name ?? key),
  }
  const judged = existing
    .map(container => ({container, because: difference(container, wish)}))
    .sort(
      (a, b) =>
        Number(a.because !== undefined) - Number(b.because !== undefined) || a.container.number - b.container.number,
    )
  const kept = judged.slice(0, how.scale).map(({container, because}) => keep(container, because, how))
  const taken = new Set(judged.slice(0, how.scale).map(({container}) => container.number))
  const scaling = `scale ${existing.length} → ${how.scale}`
  const created = freeNumbers(taken, how.scale - kept.length).map(number => ({
    action: 'create' as const,
    number,
    because: existing.length === 0 ? 'no container yet' : scaling,
  }))
  const surplus = judged.slice(how.scale).map(({container}) => container)
  return {service, replicas: [...kept, ...created], surplus: surplus.reverse(), surplusBecause: scaling}
}

function keep(container: ActualContainer, different: string | undefined, {recreate, isJob}: Convergence): Replica {
  if (recreate === 'always') return {action: 'replace', container, because: 'asked for'}
  if (different !== undefined && recreate === 'changed') return {action: 'replace', container, because: different}
  if (container.status === 'dead') return {action: 'replace', container, because: 'dead'}
  if (isUp(container) || (isJob && isCompleted(container))) return {action: 'keep', container}
  return {action: 'start', container, because: whyDown(container)}
}

function freeNumbers(taken: ReadonlySet<number>, count: number): number[] {
  const free: number[] = []
  for (let number = 1; free.length < count; number++) if (!taken.has(number)) free.push(number)
  return free
}
