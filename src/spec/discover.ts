import {dirname, join} from 'node:path/posix'

/** Names of a Compose file, the preferred first; ours before Compose's. */
export const fileNames = [
  'stack.yaml',
  'compose.yaml',
  'compose.yml',
  'docker-compose.yml',
  'docker-compose.yaml',
] as const

const overrideNames = [
  'stack.override.yaml',
  'compose.override.yaml',
  'compose.override.yml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
] as const

/** What was found: the file, its override if there is one, and other candidates that were passed over. */
export type Discovered = {readonly files: readonly string[]; readonly ignored: readonly string[]}

/** Looks in the directory and then above it, up to the root; undefined: there is none. */
export function discover(directory: string, exists: (path: string) => boolean): Discovered | undefined {
  for (let at = directory; ; at = dirname(at)) {
    const found = fileNames.map(name => join(at, name)).filter(exists)
    if (found.length > 0) {
      const override = overrideNames.map(name => join(at, name)).filter(exists)
      return {files: [found[0]!, ...override.slice(0, 1)], ignored: [...found.slice(1), ...override.slice(1)]}
    }
    if (at === dirname(at)) return undefined
  }
}
