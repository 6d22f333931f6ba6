import {basename, relative} from 'node:path/posix'
import type {Service} from '../model/project.ts'
import {isBelow} from './rules.ts'

export type Offer = {
  readonly service: string
  /** `Node` */
  readonly language: string
  /** Absolute, of the host; and where it is mounted. */
  readonly source: string
  readonly target: string
  readonly rule: {readonly action: 'restart'; readonly path: string; readonly ignore: readonly string[]}
}
/** Why nothing is offered to a service. */
export type Declined = {readonly service: string; readonly why: string}

type Language = {
  readonly name: string
  /** A directory with such a file is a program in it. */
  readonly files: RegExp
  /** Programs that load their source anew by themselves. */
  readonly reloads: RegExp
  readonly ignore: readonly string[]
}

const languages: readonly Language[] = [
  {
    name: 'Node',
    files: /^package\.json$|\.[cm]?[jt]s$/,
    reloads: /--watch\b|\bnodemon\b|\btsx watch\b|\bts-node-dev\b|\bvite\b|\bnext dev\b|\bnuxt dev\b/,
    ignore: ['**/node_modules', '**/*.log'],
  },
  {
    name: 'Python',
    files: /^(pyproject\.toml|requirements\.txt|Pipfile|manage\.py)$|\.py$/,
    reloads: /--reload\b|\brunserver\b|\bwatchmedo\b|\bwatchfiles\b|\bflask\b.*--debug\b/,
    ignore: ['**/__pycache__', '**/*.pyc', '.venv', '.pytest_cache'],
  },
  {name: 'Ruby', files: /^Gemfile$|\.rb$/, reloads: /\brerun\b|\brails s/, ignore: ['log', 'tmp']},
  {name: 'Go', files: /^go\.mod$/, reloads: /\b(air|CompileDaemon|reflex)\b/, ignore: ['**/*_test.go']},
  {name: 'Java', files: /^(pom\.xml|build\.gradle(\.kts)?)$|\.jar$/, reloads: /devtools/, ignore: ['**/*.tmp']},
]

export type Surroundings = {
  /** Where relative paths of the file start. */
  readonly directory: string
  /** Names in a directory of the host; none where it is no directory. */
  readonly names: (directory: string) => readonly string[]
}

/** What a service's bind mounts call for: a program's source that is mounted is seen at once, but not yet run. */
export function offersFor(service: Service, {directory, names}: Surroundings): readonly (Offer | Declined)[] {
  const {name} = service
  if (service.watch !== undefined) return [{service: name, why: 'it has rules'}]
  const mounts = service.mounts.flatMap(each => (each.type === 'bind' && isBelow(directory, each.source) ? [each] : []))
  const found = mounts.flatMap(({source, target}) => {
    const there = names(source)
    const language = languages.find(({files}) => there.some(each => files.test(each)))
    return language === undefined ? [] : [{source, target, language}]
  })
  if (found.length === 0) return [{service: name, why: 'no source of a program is mounted into it'}]
  return found.map(({source, target, language}) => {
    const words = [...(service.entrypoint ?? []), ...(service.command ?? [])].join(' ')
    const reloading = language.reloads.exec(words)?.[0]
    if (reloading !== undefined) {
      return {service: name, why: `its program loads ${basename(source)} anew by itself ("${reloading}")`}
    }
    const path = `./${relative(directory, source)}`
    return {
      service: name,
      language: language.name,
      source,
      target,
      rule: {action: 'restart', path, ignore: language.ignore},
    }
  })
}

export const isOffer = (each: Offer | Declined): each is Offer => 'rule' in each
