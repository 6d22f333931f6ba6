import {hasErrors} from '../base/diagnostic.ts'
import {StackError} from '../base/error.ts'
import {frame} from '../base/frame.ts'
import type {Image} from '../model/image.ts'
import {imageView} from '../runtime/container/layers.ts'
import {readFrom} from '../runtime/container/root-view.ts'
import type {Builds} from '../runtime/image/builds.ts'
import {checkTargets, inlineSteps, keepSteps, type Used} from './cache/keep.ts'
import {type CacheSources, cacheSources} from './cache/sources.ts'
import {parseIgnore} from './context/ignore.ts'
import {expand} from './dockerfile/expand.ts'
import type {Dockerfile, Instruction, Raw, Stage} from './dockerfile/instruction.ts'
import {parseDockerfile, parseInstruction} from './dockerfile/parse.ts'
import {momentOf} from './epoch.ts'
import {failureAt, placed} from './failure.ts'
import {type Hashes, openHashes} from './files/hashes.ts'
import {directorySource, imageSource, type Source} from './files/source.ts'
import {checkPlatform, platformArgs} from './platform.ts'
import type {BuildHost, BuildRequest, Report} from './request.ts'
import {configured} from './stage/configure.ts'
import {copyStep} from './stage/copy.ts'
import {runStep} from './stage/run.ts'
import type {StepContext, Stepped} from './stage/stage.ts'
import {recorded, type State} from './stage/state.ts'
import {workdirStep} from './stage/workdir.ts'
import {dependenciesOf, stageNamed} from './stages.ts'

/** Builds an image and keeps it. Errors: build-failed, with the place in the Dockerfile; cancelled. */
export async function build(
  request: BuildRequest,
  host: BuildHost,
  {report, signal}: {readonly report: Report; readonly signal: AbortSignal},
): Promise<Image> {
  const {builds} = host.images
  if (builds === undefined) throw new StackError('unsupported', 'there is no store for images')
  const {dockerfile, problems} = parseDockerfile(request.dockerfile)
  if (dockerfile === undefined || hasErrors(problems))
    throw new StackError('build-failed', problems.map(frame).join('\n'))
  const target = targetOf(dockerfile, request)
  checkTargets(request.cacheTo)
  const hashes = await openHashes(builds.directory, request.context)
  const stopping = new AbortController()
  const stop = () => stopping.abort(new StackError('cancelled', 'the build was cancelled'))
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  const caching = {
    builds,
    caches: host.images.caches,
    warn: (text: string) => report({kind: 'output', step: '[cache]', line: `warning: ${text}`}),
    signal: stopping.signal,
  }
  const sources = cacheSources(request.cacheFrom, caching)
  try {
    return await builds.during(async () => {
      const run = new Run({request, host, builds, hashes, dockerfile, report, stopping, sources})
      const state = await run.result(target)
      const kept = {used: run.used, last: state.step}
      await keepSteps(request.cacheTo, kept, caching)
      const {step, config, history, onBuild, author} = state
      const labels = {...config.labels, ...request.labels}
      const created = momentOf(request.epoch)
      return await builds.finish({
        step,
        config: {...config, labels},
        names: request.tags,
        created,
        history,
        onBuild,
        author,
        steps: inlineSteps(request.cacheTo, kept, builds),
      })
    })
  } finally {
    await sources.close()
    signal.removeEventListener('abort', stop)
    await hashes.save()
  }
}

function targetOf({stages}: Dockerfile, {target, dockerfile}: BuildRequest): Stage {
  if (target === undefined) return stages.at(-1)!
  const found = stageNamed(stages, target)
  if (found !== undefined) return found
  const names = stages.flatMap(each => each.name ?? [])
  throw new StackError('build-failed', `there is no stage "${target}" in ${dockerfile.path}`, {
    ...(names.length === 0 ? {} : {hint: `stages are ${names.join(', ')}`}),
  })
}

type Parts = {
  readonly request: BuildRequest
  readonly host: BuildHost
  readonly builds: Builds
  readonly hashes: Hashes
  readonly dockerfile: Dockerfile
  readonly report: Report
  readonly stopping: AbortController
  readonly sources: CacheSources
}

/** One build: its stages, each begun once and at the same time as others. */
class Run {
  readonly #parts: Parts
  readonly #stages = new Map<number, Promise<State>>()
  readonly #context: Source
  readonly used: Used[] = []

  constructor(parts: Parts) {
    this.#parts = parts
    this.#context = directorySource(parts.request.context, parseIgnore(parts.request.ignore))
  }

  /** Waits for all that was begun, also where one failed: nothing is at work when this is over. */
  async result(stage: Stage): Promise<State> {
    const wanted = this.#begin(stage)
    try {
      return await wanted
    } finally {
      await Promise.allSettled(this.#stages.values())
    }
  }

  #begin(stage: Stage): Promise<State> {
    const begun = this.#stages.get(stage.index)
    if (begun !== undefined) return begun
    const started = this.#build(stage).catch(error => {
      this.#parts.stopping.abort(error)
      throw error
    })
    started.catch(() => undefined)
    this.#stages.set(stage.index, started)
    for (const needed of dependenciesOf(this.#parts.dockerfile.stages, stage)) this.#begin(needed)
    return started
  }

  async #build(stage: Stage): Promise<State> {
    let state = await placed(stage.from.image.at, () => this.#from(stage))
    const all = [...this.#triggers(state, stage), ...stage.instructions]
    state = {...state, onBuild: []}
    const steps = all.filter(each => takesTime.has(each.kind)).length
    let number = 0
    for (const instruction of all) {
      this.#parts.stopping.signal.throwIfAborted()
      if (takesTime.has(instruction.kind)) {
        number++
        state = await this.#step(state, instruction, {stage, label: labelOf(stage, number, steps)})
      } else state = this.#configured(state, instruction)
    }
    return state
  }

  #configured(state: State, instruction: Instruction): State {
    const next = configured(state, instruction, {given: this.#parts.request.args, inherited: this.#globals()})
    if (next === undefined) throw failureAt(instruction.at, `${instruction.text} stands where it can not`)
    return recorded(next, {createdBy: instruction.text, emptyLayer: true, at: momentOf(this.#parts.request.epoch)})
  }

  async #step(state: State, instruction: Instruction, {stage, label}: {stage: Stage; label: string}): Promise<State> {
    const {report} = this.#parts
    const step = `${label} ${instruction.text}`
    const began = Date.now()
    report({kind: 'begin', step})
    const context = this.#contextOf(stage, line => report({kind: 'output', step, line}))
    const {state: next, isCached} = await placed(instruction.at, () => done(state, instruction, context))
    report(isCached ? {kind: 'cached', step} : {kind: 'done', step, milliseconds: Date.now() - began})
    const emptyLayer = next.step.layers.length === state.step.layers.length
    return recorded(next, {createdBy: instruction.text, emptyLayer, at: momentOf(this.#parts.request.epoch)})
  }

  #contextOf(stage: Stage, onLine: (line: string) => void): StepContext {
    const {request, host, builds, hashes, stopping, sources} = this.#parts
    const isNamed = request.noCacheFilter.some(each => each.toLowerCase() === (stage.name ?? String(stage.index)))
    return {
      request,
      host,
      builds,
      hashes,
      dockerfile: request.dockerfile,
      signal: stopping.signal,
      context: this.#context,
      isFresh: request.noCache || isNamed,
      from: (name, instruction) => this.#source(name, instruction, stage),
      onLine,
      used: this.used,
      sources,
    }
  }

  async #source(name: string, {at}: Instruction, stage: Stage): Promise<Source> {
    const other = stageNamed(this.#parts.dockerfile.stages.slice(0, stage.index), name)
    if (other !== undefined) return imageSource(imageView((await this.#begin(other)).step))
    const named = this.#parts.request.contexts[name]
    if (named?.kind === 'directory') return directorySource(named.path, ignoreOf(named.path))
    return imageSource(imageView(await placed(at, () => this.#image(named?.reference ?? name, name))))
  }

  async #from(stage: Stage): Promise<State> {
    const {from} = stage
    if (from.platform !== undefined) checkPlatform(this.#globally(from.platform), from.platform.at)
    const name = this.#globally(from.image)
    if (name === '')
      throw failureAt(from.image.at, `${from.image.text} is empty`, {
        hint: 'give the argument a default: ARG NAME=VALUE',
      })
    const other = stageNamed(this.#parts.dockerfile.stages.slice(0, stage.index), name)
    if (other !== undefined) return {...(await this.#begin(other)), args: new Map(), hasOwnCmd: false}
    const named = this.#parts.request.contexts[name]
    if (named?.kind === 'directory') {
      throw failureAt(from.image.at, `"${name}" is a directory, and FROM needs an image`)
    }
    const empty = {
      args: new Map(),
      history: [],
      onBuild: [],
      author: '',
      hasOwnCmd: false,
      escapeBy: this.#parts.dockerfile.escapeBy,
    }
    if (name === 'scratch' && named === undefined) {
      const step = await this.#parts.builds.scratch()
      return {...empty, step, config: {...step.config, env: [defaultPath]}}
    }
    const image = await this.#image(named?.reference ?? name, `${labelOf(stage)} FROM ${name}`)
    return {
      ...empty,
      step: await this.#parts.builds.base(image),
      config: image.config,
      history: image.build?.history ?? image.oci?.history ?? [],
      onBuild: image.build?.onBuild ?? [],
      author: image.build?.author ?? image.oci?.author ?? '',
    }
  }

  async #image(reference: string, label: string): Promise<Image> {
    const {host, request, report} = this.#parts
    const {images} = host
    const wanted = reference.replace(/^docker-image:\/\//, '')
    // What is in a directory may have changed.
    const isFile = /^(?:oci-layout|docker-archive):/.test(wanted)
    const present = request.pull || isFile ? undefined : images.find(wanted)
    if (present !== undefined) return present
    return await images.pull(wanted, line => report({kind: 'output', step: label, line}))
  }

  /** The arguments before the first FROM, and what every build has. */
  #globals(): ReadonlyMap<string, string> {
    const values = new Map(Object.entries(platformArgs))
    for (const {name, value} of this.#parts.dockerfile.args.flatMap(each => each.names)) {
      const given = this.#parts.request.args[name] ?? (value && this.#meaning(value, values))
      if (given !== undefined) values.set(name, given)
    }
    return values
  }

  #globally(raw: Raw): string {
    return this.#meaning(raw, this.#globals())
  }

  #meaning({text, at}: Raw, values: ReadonlyMap<string, string>): string {
    const found = expand(text, {get: name => values.get(name), escapeBy: this.#parts.dockerfile.escapeBy})
    if ('text' in found) return found.text
    throw failureAt(at, found.problem)
  }

  /** What the base wants done by whoever builds on it. */
  #triggers(state: State, stage: Stage): Instruction[] {
    return state.onBuild.map(trigger => {
      const {instruction, problems} = parseInstruction({path: `ONBUILD of ${stage.from.image.text}`, text: trigger})
      if (instruction !== undefined) return instruction
      throw new StackError('build-failed', problems.map(frame).join('\n'))
    })
  }
}

/** What an image from nothing has, as others have it. */
const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

const ignoreOf = (directory: string) => parseIgnore(readFrom({layers: [directory], overlays: []}, '/.dockerignore'))

const takesTime: ReadonlySet<Instruction['kind']> = new Set(['run', 'copy', 'add', 'workdir'])

const labelOf = ({name, index}: Stage, number?: number, steps?: number): string =>
  `[${name ?? `stage-${index}`}${number === undefined ? '' : ` ${number}/${steps}`}]`

async function done(state: State, instruction: Instruction, context: StepContext): Promise<Stepped> {
  if (instruction.kind === 'run') return await runStep(state, instruction, context)
  if (instruction.kind === 'copy' || instruction.kind === 'add') return await copyStep(state, instruction, context)
  if (instruction.kind === 'workdir') return await workdirStep(state, instruction, context)
  throw failureAt(instruction.at, `${instruction.text} stands where it can not`)
}
