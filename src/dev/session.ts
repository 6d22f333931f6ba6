import {readFileSync, realpathSync, statSync} from 'node:fs'
import {join} from 'node:path'
import {describe} from '../base/error.ts'
import type {Project, Service, WatchRule} from '../model/project.ts'
import type {Acting} from './actions.ts'
import {batches} from './batches.ts'
import {Changes} from './changes.ts'
import {Marks} from './look.ts'
import {isBelow, mountOf, type Rule, rulesOf} from './rules.ts'
import {type Watcher, watchFiles} from './watcher.ts'

export type Session = Acting & {
  /** Of the project: those whose rules count. */
  readonly services: readonly string[]
  /** Absolute paths of what says what the project is. */
  readonly projectFiles: () => Iterable<string>
  /** Builds the images of services anew, and their containers; gives those that are as they should be. */
  readonly rebuild: (services: readonly string[]) => Promise<readonly string[]>
  /** Told which of these have changed; gives the project as it is then, or undefined where it stays as it was. */
  readonly reload: (changed: readonly string[]) => Promise<Project | undefined>
}

const pace = {quiet: 50, longest: 300}
/** Stands among paths for: look whether a container lacks something. */
const wake = ''

/** Watches the files of a project and brings them into its containers, until the signal. */
export async function watchProject(session: Session): Promise<void> {
  const {signal, report, engine} = session
  const pending = batches<string>(pace)
  let project = session.project
  const changes = new Changes(session, {again: () => pending.add(wake), rebuild: session.rebuild})
  const marks = new Marks()
  await marks.changed([...session.projectFiles()])
  let opened = await open(session, project, pending)
  changes.use(project, opened.rules)
  changes.tellRules(opened.watcher.found)
  for (const path of opened.initial) pending.add(path)
  void listen()
  try {
    for (let batch = await pending.next(signal); batch !== undefined; batch = await pending.next(signal)) {
      await changes.apply(batch).catch(error => report({kind: 'warned', message: describe(error)}))
      const told = await marks.changed([...batch].filter(path => opened.projectFiles.has(path)))
      if (told.length > 0 && !signal.aborted) await renew(told)
    }
  } finally {
    changes.close()
    await opened.watcher.close()
  }

  async function renew(told: readonly string[]): Promise<void> {
    const before = opened
    project = (await session.reload(told)) ?? project
    await marks.changed([...session.projectFiles()].filter(path => !before.projectFiles.has(path)))
    // The new one watches before the old one ends: nothing falls between. It has the files of a broken project too.
    opened = await open(session, project, pending)
    await before.watcher.close()
    changes.use(project, opened.rules)
    if (JSON.stringify(before.rules) !== JSON.stringify(opened.rules)) changes.tellRules(opened.watcher.found)
  }

  async function listen(): Promise<void> {
    try {
      for await (const {action} of engine.events(project.name, signal)) if (action === 'start') pending.add(wake)
    } catch (error) {
      if (!signal.aborted)
        report({kind: 'warned', message: `containers that start are not noticed: ${describe(error)}`})
    }
  }
}

type Opened = {
  readonly rules: readonly Rule[]
  readonly projectFiles: ReadonlySet<string>
  readonly watcher: Watcher
  /** What goes into containers although it has not changed. */
  readonly initial: readonly string[]
}

async function open(
  session: Session,
  project: Project,
  pending: {add(path: string): void; stir(): void},
): Promise<Opened> {
  const services = session.services.flatMap(name => project.services[name] ?? [])
  const rules = rulesFor(services, session.report)
  const projectFiles = new Set(session.projectFiles())
  const watcher = await watchFiles({
    paths: [...new Set([...rules.map(({path}) => path), ...projectFiles])],
    isClosed: path =>
      !projectFiles.has(path) && rules.every(rule => rule.isClosed(path)) && !isAbove(path, projectFiles),
    changed: path => {
      if (projectFiles.has(path) || rules.some(rule => rule.isWanted(path))) pending.add(path)
    },
    stirred: () => pending.stir(),
    failed: error => session.report({kind: 'warned', message: describe(error)}),
  })
  const starting = rules.filter(({initialSync}) => initialSync)
  const initial = watcher.found.filter(path => starting.some(rule => rule.isWanted(path) && rule.path !== path))
  return {rules, projectFiles, watcher, initial}
}

const isAbove = (directory: string, files: Iterable<string>): boolean =>
  [...files].some(file => file !== directory && isBelow(directory, file))

/** The rules that have something to do; of the others it is said why not. */
export function rulesFor(services: readonly Service[], report: Session['report']): Rule[] {
  const usable = services.map(service => ({
    ...service,
    watch: (service.watch ?? []).map(realRule).filter(rule => isUseful(rule, service, report)),
  }))
  return rulesOf(usable, {
    isFile: path => statSync(path, {throwIfNoEntry: false})?.isFile() ?? false,
    dockerignore: context => textOf(join(context, '.dockerignore')),
  })
}

function isUseful(rule: WatchRule, service: Service, report: Session['report']): boolean {
  const mount = rule.action.startsWith('sync') ? mountOf(rule, service) : undefined
  const warn = (message: string) => report({kind: 'warned', service: service.name, message})
  if (mount !== undefined) warn(`${rule.path} is not watched: the bind mount at ${mount} shows it already`)
  const isUnbuilt = rule.action === 'rebuild' && service.build === undefined
  if (isUnbuilt) warn(`${rule.path} is not watched: nothing says how the image of ${service.name} is built`)
  return mount === undefined && !isUnbuilt
}

/** A path that is a link means what it leads to. */
function realRule(rule: WatchRule): WatchRule {
  try {
    return {...rule, path: realpathSync(rule.path)}
  } catch {
    return rule
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
