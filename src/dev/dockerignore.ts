import library from '@balena/dockerignore'

type Make = typeof library.default

/** Its types speak of a default export; at run time the module is the function itself. */
const module: unknown = library
const isMake = (value: unknown): value is Make => typeof value === 'function'
const make: Make = isMake(module) ? module : library.default

/** Whether a relative path matches patterns in the syntax of .dockerignore; '' matches nothing. */
export function dockerignore(patterns: readonly string[]): (path: string) => boolean {
  const list = make({ignorecase: false}).add([...patterns])
  return path => path !== '' && list.ignores(path)
}
