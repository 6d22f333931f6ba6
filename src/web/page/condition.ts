import type {Replica, ServiceState} from '../messages.ts'

export type Tone = 'good' | 'busy' | 'bad' | 'idle'

/** How a service is, in a word; the mark differs in shape, for whoever sees no colours. */
export type Condition = {readonly tone: Tone; readonly mark: string; readonly words: string}

const marks: Readonly<Record<Tone, string>> = {good: '●', busy: '◐', bad: '▲', idle: '○'}
const condition = (tone: Tone, words: string): Condition => ({tone, mark: marks[tone], words})

export function conditionOfReplica({status, health, exitCode}: Replica): Condition {
  if (status === 'running') {
    if (health === 'unhealthy') return condition('bad', 'unhealthy')
    if (health === 'starting') return condition('busy', 'starting')
    return condition('good', health === 'healthy' ? 'healthy' : 'running')
  }
  if (status === 'exited' || status === 'dead')
    return exitCode === 0 ? condition('idle', 'ended') : condition('bad', `failed with ${exitCode}`)
  if (status === 'restarting') return condition('bad', `failed with ${exitCode}, restarting`)
  return condition(status === 'paused' ? 'idle' : 'busy', status)
}

const order: readonly Tone[] = ['bad', 'busy', 'good', 'idle']

/** The worst of its replicas, and how many of them are so. */
export function conditionOf({replicas, provider}: Pick<ServiceState, 'replicas' | 'provider'>): Condition {
  const all = replicas.map(conditionOfReplica)
  const worst = order.flatMap(tone => all.find(each => each.tone === tone) ?? [])[0]
  if (worst === undefined) return condition('idle', provider === '' ? 'not running' : `provided by ${provider}`)
  const same = all.filter(({words}) => words === worst.words).length
  return same === all.length ? worst : condition(worst.tone, `${same} of ${all.length} ${worst.words}`)
}

/** `3 services, 5 containers, all well` */
export function summary(services: readonly ServiceState[]): Condition {
  const count = services.reduce((sum, {replicas}) => sum + replicas.length, 0)
  const tones = services.map(each => conditionOf(each).tone)
  const of = (tone: Tone) => tones.filter(each => each === tone).length
  const words = `${counted(services.length, 'service')}, ${counted(count, 'container')}`
  if (of('bad') > 0) return condition('bad', `${words}, ${of('bad')} in trouble`)
  if (of('busy') > 0) return condition('busy', `${words}, ${of('busy')} on the way`)
  return of('good') > 0 ? condition('good', `${words}, all well`) : condition('idle', `${words}, nothing runs`)
}

const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`
