import {StackError, within} from '../base/error.ts'
import type {ContainerSpec, Engine} from '../engine/engine.ts'
import {inheritVolumes} from '../plan/inherit.ts'
import type {ContainerRef, Operation, Step} from '../plan/step.ts'
import {subjectOf} from '../plan/step.ts'
import {attempts} from '../plan/words.ts'
import {Conditions} from './conditions.ts'
import type {Perform, PerformContext} from './execute.ts'
import {type HookOutput, runHook} from './hooks.ts'
import {runPreStart} from './pre-start.ts'

/** Gives the function that does a step on an engine: one call of it, or a wait for its events. For one plan. */
export function perform(engine: Engine, project: string, output?: HookOutput): Perform {
  const performer = new Performer(engine, new Conditions(engine, project), output)
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
  readonly #output: HookOutput | undefined
  /** Ids of what this plan has created. */
  readonly #ids = new Map<ContainerRef, string>()

  constructor(engine: Engine, conditions: Conditions, output: HookOutput | undefined) {
    this.#engine = engine
    this.#output = output
    this.#conditions = conditions
  }

  async do(operation: Operation, {signal, progress, warn}: PerformContext): Promise<unknown> {
    const engine = this.#engine
    switch (operation.kind) {
      case 'ensure-image':
        return engine.ensureImage(operation.image, operation.policy, progress, operation.platform)
      case 'remove-image':
        return engine.removeImage(operation.image)
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
        return this.#create(operation, warn)
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
      case 'run-hook':
        return runHook(engine, operation, {id: this.#idOf(operation.container), output: this.#output, signal})
      case 'run-container':
        return runPreStart(engine, {
          id: this.#idOf(operation.container),
          end: subject => this.#conditions.reached('wait-completed', subject, signal),
          name: operation.container.name,
        })
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

  async #create(
    {container, spec, volumesOf}: Extract<Operation, {kind: 'create-container'}>,
    warn: PerformContext['warn'],
  ): Promise<void> {
    const other = volumesOf === undefined ? undefined : await this.#engine.inspectContainer(this.#idOf(volumesOf))
    const shared = other === undefined ? spec : inheritVolumes(spec, other)
    this.#ids.set(container, await this.#engine.createContainer(this.#withPeers(shared), warn))
  }

  /** A container whose namespace or volumes are shared may have been created by this plan, under a name that is not yet its own. */
  #withPeers(spec: ContainerSpec): ContainerSpec {
    const modes = [spec.networkMode, spec.pidMode, spec.ipcMode, spec.utsMode]
    if (spec.volumesFrom === undefined && !modes.some(each => each?.startsWith('container:'))) return spec
    const ids = new Map([...this.#ids].map(([{name}, id]) => [name, id] as const))
    const resolved = <Mode extends string>(mode: Mode): Mode | `container:${string}` => {
      const id = mode.startsWith('container:') ? ids.get(mode.slice('container:'.length)) : undefined
      return id === undefined ? mode : `container:${id}`
    }
    return {
      ...spec,
      networkMode: resolved(spec.networkMode),
      ...(spec.pidMode === undefined ? {} : {pidMode: resolved(spec.pidMode)}),
      ...(spec.ipcMode === undefined ? {} : {ipcMode: resolved(spec.ipcMode)}),
      ...(spec.utsMode === undefined ? {} : {utsMode: resolved(spec.utsMode)}),
      ...(spec.volumesFrom === undefined ? {} : {volumesFrom: spec.volumesFrom.map(each => withId(each, ids))}),
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
