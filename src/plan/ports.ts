import {StackError} from '../base/error.ts'
import type {TakenPort, WantedPort} from '../model/port.ts'
import type {Project} from '../model/project.ts'
import type {Step} from './step.ts'

/** A longer range is not looked through. */
const longest = 256

type Wish = {
  readonly service: string
  readonly text: string
  readonly ports: readonly WantedPort[]
  readonly count: number
}

/** The ports that the containers which a plan starts ask for by number or range. */
export function portWishes(project: Project, steps: readonly Step[]): readonly Wish[] {
  const counts = new Map<string, number>()
  for (const {operation} of steps) {
    if (operation.kind !== 'start-container' || operation.container.hook !== undefined) continue
    const {service} = operation.container
    counts.set(service, (counts.get(service) ?? 0) + 1)
  }
  return [...counts].flatMap(([name, count]) => wishesOf(project, name, count))
}

function wishesOf(project: Project, name: string, count: number): Wish[] {
  const service = project.services[name]
  if (service?.networkMode !== 'networks') return []
  return service.ports.flatMap(({published, hostIp = '', protocol}) => {
    const [first = 0, last = first] = (published ?? '').split('-').map(Number)
    if (!(first > 0) || !(last >= first) || last - first >= longest) return []
    const isShared = first === last
    const ports = Array.from({length: last - first + 1}, (_, at) => ({
      service: name,
      hostIp,
      port: first + at,
      protocol,
      isShared,
    }))
    return [{service: name, text: published!, ports, count: isShared ? 1 : count}]
  })
}

/** The containers that will have given theirs back by then. */
export const leavingContainers = (steps: readonly Step[]): readonly string[] =>
  steps.flatMap(({operation}) => {
    const ends = operation.kind === 'stop-container' || operation.kind === 'kill-container'
    const goes = ends || operation.kind === 'remove-container'
    return goes && operation.container.id !== undefined ? [operation.container.id] : []
  })

/** Fails where a wish cannot be granted, before anything is stopped or started. */
export function checkWishes(wishes: readonly Wish[], taken: readonly TakenPort[]): void {
  const found = wishes.flatMap(({service, text, ports, count}) => {
    const problems = ports.flatMap(each => taken.find(other => isSame(each, other))?.problem ?? [])
    if (ports.length - problems.length >= count) return []
    if (ports.length === 1) return [`${service}: ${problems[0]}`]
    const free = ports.length - problems.length
    const because = problems.length === 0 ? '' : `: ${problems[0]}`
    return [`${service}: ${count} containers want a port of ${text} each, and ${free} of them are free${because}`]
  })
  if (found.length === 0) return
  throw new StackError('port-taken', found.join('; '), {
    hint: 'publish another port of the host, or end what has this one; nothing was changed',
  })
}

const isSame = (a: WantedPort, b: TakenPort): boolean =>
  a.port === b.port && a.protocol === b.protocol && a.hostIp === b.hostIp
