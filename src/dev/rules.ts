import {basename} from 'node:path/posix'
import type {Service, WatchRule} from '../model/project.ts'
import {dockerignore} from './dockerignore.ts'

/** A rule of a service, ready to be asked about paths of the host. */
export type Rule = WatchRule & {
  readonly service: string
  /** Whether the path is the rule's: below its own, included, not ignored. */
  readonly isWanted: (path: string) => boolean
  /** Whether nothing below the directory can be the rule's. */
  readonly isClosed: (directory: string) => boolean
}

export type Known = {
  /** What `.dockerignore` of a build context says; '' where there is none. */
  readonly dockerignore: (context: string) => string
  readonly isFile: (path: string) => boolean
}

/** Nobody means these: files of editors that are about to be renamed, and what git keeps. */
const temporary = [
  '**/*~',
  '**/.*.sw?',
  '**/4913',
  '**/.#*',
  '**/#*#',
  '**/*___jb_tmp___',
  '**/.idea',
  '**/.git',
  '**/.wh.*',
]

export function rulesOf(services: readonly Service[], known: Known): Rule[] {
  return services.flatMap(({name, watch = []}) => watch.map(rule => ruleOf(name, rule, known)))
}

/** Where a path goes in the container. */
export const targetOf = ({path: source, target}: WatchRule, path: string): string =>
  path === source ? target : inside(target, nameBelow(source, path))

/** The bind mount that shows the files of a rule in the container already. */
export const mountOf = ({path, target}: WatchRule, {mounts}: Service): string | undefined =>
  mounts.find(
    each => each.type === 'bind' && target !== '' && isBelow(each.source, path) && isBelow(each.target, target),
  )?.target

export const isBelow = (directory: string, path: string): boolean =>
  path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`)

export const inside = (directory: string, name: string): string =>
  directory.endsWith('/') ? `${directory}${name}` : `${directory}/${name}`

/** What `relative` gives, for a path that is below; ten times faster, and asked for at every event. */
const nameBelow = (directory: string, path: string): string =>
  path === directory ? '' : path.slice(directory === '/' ? 1 : directory.length + 1)

function ruleOf(service: string, rule: WatchRule, {dockerignore: fileOf, isFile}: Known): Rule {
  const {path: root, context} = rule
  const ignored = [patternsOf([...temporary, ...rule.ignore], root, isFile(root))]
  if (context !== undefined) ignored.push(patternsOf(fileOf(context).split('\n'), context, false))
  const included = rule.include.length === 0 ? undefined : patternsOf(rule.include, root, isFile(root))
  const isIgnored = (path: string) => ignored.some(each => each.matches(path))
  return {
    ...rule,
    service,
    isWanted: path => isBelow(root, path) && !isIgnored(path) && included?.matches(path) !== false,
    isClosed: directory =>
      isBelow(root, directory)
        ? ignored.some(each => !each.hasExceptions && each.matches(directory))
        : !isBelow(directory, root),
  }
}

/** The same paths are asked about at every save. */
function remembered(ask: (path: string) => boolean): (path: string) => boolean {
  const known = new Map<string, boolean>()
  return path => {
    const before = known.get(path)
    if (before !== undefined) return before
    if (known.size >= 100_000) known.clear()
    const answer = ask(path)
    known.set(path, answer)
    return answer
  }
}

type Patterns = {
  readonly matches: (path: string) => boolean
  /** What is below a directory that matches may not match. */
  readonly hasExceptions: boolean
}

function patternsOf(lines: readonly string[], root: string, isFile: boolean): Patterns {
  const patterns = lines
    .map(each => each.trim().replace(/^(!?)(\.?\/)+/, '$1'))
    .filter(each => each !== '' && each !== '.')
  const isListed = remembered(dockerignore(patterns))
  const matches = (path: string) => {
    if (isFile && path === root) return isListed(basename(path))
    return isBelow(root, path) && isListed(nameBelow(root, path))
  }
  return {matches, hasExceptions: patterns.some(each => each.startsWith('!'))}
}
