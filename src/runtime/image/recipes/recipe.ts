import type {ImageConfig} from '../../../model/image.ts'
import type {PackageChoice} from '../reference.ts'

/** How a well-known program wants to be run as a service, for packages that are made for a host with an init system. */
export type Recipe = {
  /** The package in the reference that it is for. */
  readonly matches: RegExp
  readonly extra?: readonly string[]
  readonly without?: readonly string[]
  /** `packages` are all of the image. */
  fit(packages: readonly PackageChoice[]): Fittings
}

/** What is put on top of the packages, and the configuration. Paths are relative to the root. */
export type Fittings = {
  readonly accounts?: readonly Account[]
  readonly directories?: ReadonlyArray<{readonly path: string; readonly mode: number; readonly owner?: string}>
  readonly files?: ReadonlyArray<{readonly path: string; readonly mode: number; readonly text: string}>
  /** Text at the end of files that packages bring. */
  readonly additions?: ReadonlyArray<{readonly path: string; readonly text: string}>
  readonly links?: ReadonlyArray<{readonly path: string; readonly to: string}>
  /** What is removed, with `*` in the last part of a path. */
  readonly removed?: readonly string[]
  readonly config: Partial<ImageConfig>
}

/** A user with a group of the same name and number. */
export type Account = {readonly name: string; readonly id: number; readonly home: string}

export const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** What is true of an image of which nothing more is known: a shell. */
export const plainConfig: ImageConfig = {
  user: '',
  env: [`PATH=${searchPath}`],
  entrypoint: [],
  cmd: ['/bin/sh'],
  workingDir: '',
  volumes: [],
  exposedPorts: [],
  labels: {},
  stopSignal: 'SIGTERM',
}

/** Entrypoints of recipes stand where those of the well-known images do. */
export const entrypointPath = 'usr/local/bin/docker-entrypoint.sh'
export const entrypointFile = (text: string) => ({path: entrypointPath, mode: 0o755, text})
