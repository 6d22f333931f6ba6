import {isAbsolute, join, relative, resolve} from 'node:path'
import {StackError} from '../base/error.ts'
import type {BuildSpec, Engine} from '../engine/engine.ts'
import {isRemote} from '../model/address.ts'
import type {Project, Service} from '../model/project.ts'
import type {Context} from './context.ts'
import type {ForeignBuilder} from './foreign-builder.ts'
import {libraryOf} from './library.ts'
import {type Task, workOn} from './work.ts'

type Building = {readonly engine: Engine; readonly project: Project}

/** What the command line says beside the file. */
export type BuildWishes = {
  readonly args?: Readonly<Record<string, string>>
  readonly ssh?: Readonly<Record<string, string | null>>
  readonly noCache?: boolean
  readonly pull?: boolean
  readonly quiet?: boolean
  /** Instead of our own. */
  readonly builder?: ForeignBuilder
  /** Containers' output is printed meanwhile. */
  readonly amongOutput?: boolean
}

type Missing = Building & {
  readonly services: readonly Service[]
  readonly always: boolean
  readonly never: boolean
  readonly amongOutput?: boolean
  readonly quiet?: boolean
}

/** Before a plan is made, so that it replaces what runs an older image: those that are not here or are always built. */
export async function buildMissing(
  context: Context,
  {engine, project, services, always, never, amongOutput = false, quiet = false}: Missing,
): Promise<void> {
  if (context.settings.dryRun || never) return
  const buildable = services.filter(each => each.build !== undefined)
  const present = await Promise.all(buildable.map(each => engine.findImage(each.image)))
  const wanted = buildable.filter(
    (each, index) => always || each.pullPolicy === 'build' || present[index] === undefined,
  )
  await buildServices(context, {engine, project}, wanted, {amongOutput, quiet})
}

/** Builds at once what does not wait for another; a service whose image another one's build needs is built before. */
export async function buildServices(
  context: Context,
  {engine, project}: Building,
  services: readonly Service[],
  wishes: BuildWishes = {},
): Promise<void> {
  if (services.length === 0) return
  const all = withNeeded(project, services)
  const running = new Map<string, Promise<void>>()
  const built = (service: Service, progress: (text: string) => void): Promise<void> => {
    const known = running.get(service.name)
    if (known !== undefined) return known
    const started = Promise.all(neededBy(project, service).map(each => built(each, () => undefined)))
      .then(() => specOf(project, service, {wishes, directory: context.io.directory, environment: context.environment}))
      .then(spec => made(engine, spec, {progress, builder: wishes.builder}))
    running.set(service.name, started)
    return started
  }
  const tasks = all.map(
    (service): Task => ({
      id: `Image ${service.image}`,
      doing: 'Building',
      done: 'Built',
      run: progress => built(service, wishes.quiet ? () => undefined : progress),
    }),
  )
  await workOn('build', tasks, await (wishes.amongOutput ? context.lineRenderer() : context.renderer()))
}

type Making = {readonly progress: (text: string) => void; readonly builder: ForeignBuilder | undefined}

async function made(engine: Engine, spec: BuildSpec, {progress, builder}: Making): Promise<void> {
  if (builder === undefined) return void (await engine.buildImage(spec, {progress}))
  const {buildWith} = await import('./foreign-builder.ts')
  await buildWith(builder, spec, {library: libraryOf(engine), progress})
}

function withNeeded(project: Project, services: readonly Service[]): Service[] {
  const all = new Set<Service>()
  const add = (service: Service): void => {
    if (all.has(service)) return
    neededBy(project, service).forEach(add)
    all.add(service)
  }
  services.forEach(add)
  return [...all]
}

function neededBy({services, disabledServices}: Project, {build}: Service): Service[] {
  return Object.values(build?.contexts ?? {}).flatMap(text => {
    const name = text.startsWith('service:') ? text.slice('service:'.length) : undefined
    return name === undefined ? [] : (services[name] ?? disabledServices[name] ?? [])
  })
}

type Wanted = {readonly wishes: BuildWishes; readonly directory: string; readonly environment: NodeJS.ProcessEnv}

function specOf(project: Project, service: Service, {wishes, directory, environment}: Wanted): BuildSpec {
  const build = service.build!
  const {secrets, contexts, ssh, ...rest} = build
  const isHere = !isRemote(build.context)
  const dockerfile = isAbsolute(build.dockerfile) || !isHere ? build.dockerfile : join(build.context, build.dockerfile)
  return {
    ...rest,
    name: service.image,
    ...(service.platform && {platform: service.platform}),
    dockerfile,
    shownAs: isHere ? shown(dockerfile, directory) : dockerfile,
    args: {...epoch(environment), ...build.args, ...wishes.args},
    ssh: agentsOf(service, {...ssh, ...wishes.ssh}, environment),
    noCache: build.noCache || wishes.noCache === true,
    pull: build.pull || wishes.pull === true,
    secrets: Object.fromEntries(secrets.map(({id, key}) => [id, project.secrets[key]?.content ?? new Uint8Array()])),
    contexts: Object.fromEntries(Object.entries(contexts).map(([name, text]) => [name, contextOf(project, text)])),
  }
}

const epoch = ({SOURCE_DATE_EPOCH: text}: NodeJS.ProcessEnv): Record<string, string> =>
  text ? {SOURCE_DATE_EPOCH: text} : {}

/** Where none is named, the agent of whoever asks is meant. */
function agentsOf(
  {name}: Service,
  ssh: Readonly<Record<string, string | null>>,
  {SSH_AUTH_SOCK: own}: NodeJS.ProcessEnv,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(ssh).map(([id, path]) => {
      const found = path ?? own
      if (found) return [id, found]
      throw new StackError('usage', `the build of ${name} wants keys by ssh ("${id}"), and SSH_AUTH_SOCK is not set`, {
        hint: `start an agent, or name a key: ssh: [${id}=~/.ssh/id_ed25519]`,
      })
    }),
  )
}

/** As short as it can be said. */
function shown(path: string, directory: string): string {
  const near = relative(directory, path)
  return near.startsWith('..') ? path : near
}

function contextOf(
  {services, disabledServices, workingDirectory}: Project,
  text: string,
): {path: string} | {image: string} | {address: string} {
  if (text.startsWith('/')) return {path: text}
  const [, layout] = /^oci-layout:\/\/(.*)$/s.exec(text) ?? []
  if (layout !== undefined) return {image: `oci-layout://${resolve(workingDirectory, layout)}`}
  if (isRemote(text)) return {address: text}
  const name = text.startsWith('service:') ? text.slice('service:'.length) : undefined
  if (name === undefined) return {image: text.replace(/^docker-image:\/\//, '')}
  return {image: (services[name] ?? disabledServices[name])?.image ?? name}
}
