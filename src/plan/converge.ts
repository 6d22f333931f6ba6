import type {ActualContainer, ImageFacts} from '../engine/engine.ts'
import type {Project, Service} from '../model/project.ts'
import {difference, isCompleted, isUp, whyDown} from './compare.ts'
import {containerName} from './container-spec.ts'
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
  readonly surplus: readonly ActualContainer[]
  readonly surplusBecause: string
  /** Of a replacement that was broken off: never started, to be removed before anything else is made. */
  readonly leftovers: readonly ActualContainer[]
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
    .map(container => ({
      container,
      because: difference(container, wish),
      isNamed: container.name === containerName(project, service, container.number),
    }))
    .sort((a, b) => rank(a) - rank(b) || a.container.number - b.container.number)
  const kept = new Map<number, Judged>()
  for (const each of judged) {
    if (kept.size < how.scale && !kept.has(each.container.number)) kept.set(each.container.number, each)
  }
  const others = judged.filter(each => kept.get(each.container.number) !== each).reverse()
  const scaling = `scale ${existing.length} → ${how.scale}`
  const created = freeNumbers(kept, how.scale - kept.size).map(number => ({
    action: 'create' as const,
    number,
    because: existing.length === 0 ? 'no container yet' : scaling,
  }))
  return {
    service,
    replicas: [...[...kept.values()].map(each => keep(each.container, each.because, how)), ...created],
    surplus: others.filter(({isNamed}) => isNamed).map(({container}) => container),
    surplusBecause: others.some(each => kept.has(each.container.number)) ? 'its successor is there' : scaling,
    leftovers: others.filter(({isNamed}) => !isNamed).map(({container}) => container),
  }
}

type Judged = {
  readonly container: ActualContainer
  /** Why it is not as it should be. */
  readonly because: string | undefined
  /** It has the name that it should have. */
  readonly isNamed: boolean
}

/** What is up to date is kept first; of the rest, what has its name. */
const rank = ({because, isNamed}: Judged): number => (because === undefined ? 0 : isNamed ? 1 : 2)

function keep(container: ActualContainer, different: string | undefined, {recreate, isJob}: Convergence): Replica {
  if (recreate === 'always') return {action: 'replace', container, because: 'asked for'}
  if (different !== undefined && recreate === 'changed') return {action: 'replace', container, because: different}
  if (container.status === 'dead') return {action: 'replace', container, because: 'dead'}
  if (isUp(container) || (isJob && isCompleted(container))) return {action: 'keep', container}
  return {action: 'start', container, because: whyDown(container)}
}

function freeNumbers(taken: ReadonlyMap<number, unknown>, count: number): number[] {
  const free: number[] = []
  for (let number = 1; free.length < count; number++) if (!taken.has(number)) free.push(number)
  return free
}
