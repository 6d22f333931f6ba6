import {StackError, within} from '../base/error.ts'
import type {ContainerSpec, Engine} from '../engine/engine.ts'
import type {ContainerRef, Operation, Step} from '../plan/step.ts'
import {subjectOf} from '../plan/step.ts'
import {attempts} from '../plan/words.ts'
import {Conditions} from './conditions.ts'
import type {Perform, PerformContext} from './execute.ts'

/** Gives the function that does a step on an engine: one call of it, or a wait for its events. For one plan. */
export function perform(engine: Engine, project: string): Perform {
  const performer = new Performer(engine, new Conditions(engine, project))
  return async (step, context) => {
    await within(wording(step), () => performer.do(step.operation, context))
  }
}

const wording = ({operation}: Step): string => {
  const named = ['image', 'network', 'volume'].some(kind => operation.kind.endsWith(kind))
  return `${attempts[operation.kind]} ${named ? `"${subjectOf(operation)}"` : subjectOf(operation)}`
}

class Performer {
  readonly #engine: Engine
  readonly #conditions: Conditions
  /** Ids of what this plan has created. */
  readonly #ids = new Map<ContainerRef, string>()

  constructor(engine: Engine, conditions: Conditions) {
    this.#engine = engine
    this.#conditions = conditions
  }

  async do(operation: Operation, {signal, progress}: PerformContext): Promise<unknown> {
    const engine = this.#engine
    switch (operation.kind) {
      case 'ensure-image':
        return engine.ensureImage(operation.image, operation.policy, progress)
      case 'create-network':
        return engine.createNetwork(operation.network)
      case 'check-network':
        return checkUsers(await engine.networkUsers(operation.network.id), operation.users)
      case 'remove-network':
        return engine.removeNetwork(operation.network.id)
      case 'create-volume':
        return engine.createVolume(operation.volume)
      case 'check-volume':
        return checkUsers(await engine.volumeUsers(operation.name), operation.users)
      case 'remove-volume':
        return engine.removeVolume(operation.name)
      case 'create-container':
        return this.#create(operation.container, operation.spec)
      case 'rename-container':
        return engine.renameContainer(this.#idOf(operation.container), operation.name)
      case 'start-container':
        return engine.startContainer(this.#idOf(operation.container))
      case 'stop-container':
        return engine.stopContainer(
          this.#idOf(operation.container),
          operation.grace === undefined ? {} : {grace: operation.grace},
        )
      case 'kill-container':
        return engine.killContainer(this.#idOf(operation.container), operation.signal)
      case 'remove-container':
        return engine.removeContainer(this.#idOf(operation.container), {volumes: operation.volumes})
      case 'wait-running':
      case 'wait-healthy':
      case 'wait-completed':
        return this.#conditions.reached(
          operation.kind,
          {id: this.#idOf(operation.container), name: operation.container.name},
          signal,
        )
    }
  }

  async #create(ref: ContainerRef, spec: ContainerSpec): Promise<void> {
    this.#ids.set(ref, await this.#engine.createContainer(this.#withParent(spec)))
  }

  /** A container whose network or volumes are shared may have been created by this plan, under a name that is not yet its own. */
  #withParent(spec: ContainerSpec): ContainerSpec {
    const created = new Map([...this.#ids].map(([{name}, id]) => [name, id]))
    const parent = created.get(spec.networkMode.slice('container:'.length))
    const isShared = spec.networkMode.startsWith('container:') && parent !== undefined
    return {
      ...spec,
      ...(isShared ? {networkMode: `container:${parent}` as const} : {}),
      ...(spec.volumesFrom === undefined ? {} : {volumesFrom: spec.volumesFrom.map(each => withId(each, created))}),
    }
  }

  #idOf(ref: ContainerRef): string {
    const id = ref.id ?? this.#ids.get(ref)
    if (id === undefined) throw new StackError('not-found', `container ${ref.name} was not created`)
    return id
  }
}

function withId(source: string, created: ReadonlyMap<string, string>): string {
  const [name = '', ...mode] = source.split(':')
  return [created.get(name) ?? name, ...mode].join(':')
}

/** Nothing is taken from containers that the plan does not know of. */
function checkUsers(
  found: ReadonlyArray<{readonly id: string; readonly name: string}>,
  expected: readonly string[],
): void {
  const others = found.filter(({id}) => !expected.includes(id)).map(({name}) => name)
  if (others.length === 0) return
  throw new StackError('conflict', `containers of others use it: ${others.join(', ')}`, {
    hint: 'remove them first, or leave its configuration as it was',
  })
}
