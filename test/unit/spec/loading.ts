import {frame} from '../../../src/base/frame.ts'
import {type Loaded, type LoadRequest, load} from '../../../src/spec/load.ts'

/** Loads `/project/compose.yaml` from a map of files; more main files in the order given. */
export function loadFiles(
  files: Readonly<Record<string, string>>,
  options: Partial<LoadRequest> & {readonly main?: readonly string[]} = {},
): Loaded {
  const {main = ['compose.yaml'], ...request} = options
  const whole = new Map(
    Object.entries(files).map(([path, text]) => [path.startsWith('/') ? path : `/project/${path}`, text]),
  )
  return load({
    files: main.map(name => ({path: `/project/${name}`, text: whole.get(`/project/${name}`) ?? ''})),
    workingDirectory: '/project',
    environment: {},
    profiles: [],
    read: path => (whole.has(path) ? new TextEncoder().encode(whole.get(path)) : undefined),
    ...request,
  })
}

export const loadText = (text: string, options: Partial<LoadRequest> = {}): Loaded =>
  loadFiles({'compose.yaml': text}, options)

/** The one service called web, or the problems as a failure. */
export function web(text: string, options: Partial<LoadRequest> = {}) {
  const loaded = loadText(text, options)
  if (loaded.project === undefined) throw new Error(framed(loaded))
  return loaded.project.services.web!
}

export const framed = (loaded: Loaded): string => loaded.problems.map(frame).join('\n\n')
export const messages = (loaded: Loaded): string[] => loaded.problems.map(each => `${each.severity}: ${each.message}`)
