import {arch} from 'node:os'
import {type Diagnostic, hasErrors, type SourceFile} from '../base/diagnostic.ts'
import {StackError} from '../base/error.ts'
import {securityModules} from '../base/security-modules.ts'
import {type Loaded, type LoadRequest, load} from './load.ts'
import {warning} from './problem.ts'
import {type ReadOptions, readAndTell, splitList, surroundings} from './read-surroundings.ts'
import type {Stage} from './source.ts'

export type {ReadOptions}

export type ReadResult = {readonly request: LoadRequest; readonly problems: readonly Diagnostic[]}

/** Reads and loads in one go. */
export function readProject(options: ReadOptions): Loaded {
  const {request, problems} = readRequest(options)
  if (hasErrors(problems)) return {problems}
  const loaded = load(request)
  return {...loaded, problems: [...problems, ...loaded.problems]}
}

/** Everything `load` needs; the only place of the spec room that touches the disk. */
export function readRequest(options: ReadOptions): ReadResult {
  const {environment, places, problems, paths, ignored, workingDirectory} = surroundings(options)
  const request: LoadRequest = {
    files: paths.map(path => readSource(path, options)),
    workingDirectory,
    environment,
    variables: new Map([...places].filter(([name]) => options.env[name] === undefined)),
    profiles: [...(options.profiles ?? []), ...splitList(environment.COMPOSE_PROFILES, ',')],
    projectName: options.projectName,
    services: options.services ?? [],
    read: path => readAndTell(path, options),
    without: options.without ?? new Set<Stage>(),
    platform: `linux/${{x64: 'amd64', ia32: '386'}[arch() as string] ?? arch()}`,
    securityModules: securityModules(),
  }
  return {request, problems: [...problems, ...ignored.map(path => ignoredProblem(path, paths[0]!))]}
}

const ignoredProblem = (path: string, chosen: string): Diagnostic =>
  warning('conflict', `${path} is not used: ${chosen} comes first`, {hint: 'say which with -f'})

function readSource(path: string, options: ReadOptions): SourceFile {
  if (path === '-') return {path: '-', text: options.stdin?.() ?? ''}
  const bytes = readAndTell(path, options)
  if (bytes !== undefined) return {path, text: new TextDecoder().decode(bytes)}
  throw new StackError('not-found', `Compose file ${path} is not there`, {exitCode: 2})
}
