import {posix} from 'node:path'
import {StackError} from '../../../base/error.ts'
import type {HistoryEntry, ImageConfig} from '../../../model/image.ts'
import {isObject, type Json, list, names, number, object, parseJson, text, texts} from './json.ts'

/** An image's configuration as its blob has it, in our terms. */
export type OciConfig = {
  readonly config: ImageConfig
  readonly created: number
  readonly author: string
  readonly architecture: string
  readonly os: string
  readonly diffIds: readonly string[]
  readonly history: readonly HistoryEntry[]
}

/** Reads an image configuration (OCI image specification, config.md; Docker's has a health check more). */
export function readConfig(bytes: Uint8Array): OciConfig {
  const root = object(parseJson(bytes, 'the image configuration'), 'the image configuration')
  const rootfs = object(root.rootfs, 'rootfs')
  const diffIds = texts(rootfs.diff_ids, 'rootfs.diff_ids')
  const odd = diffIds.find(each => !/^sha256:[0-9a-f]{64}$/.test(each))
  if (odd !== undefined) throw new StackError('image-failed', `rootfs.diff_ids: "${odd}" is not a sha256 digest`)
  return {
    config: configOf(isObject(root.config) ? root.config : {}),
    created: timeOf(root.created),
    author: text(root.author, 'author'),
    architecture: text(root.architecture, 'architecture'),
    os: text(root.os, 'os'),
    diffIds,
    history: list(root.history, 'history').map(historyEntry),
  }
}

function configOf(config: Json): ImageConfig {
  const shell = texts(config.Shell, 'Shell')
  const healthcheck = isObject(config.Healthcheck) ? healthcheckOf(config.Healthcheck) : undefined
  return {
    user: text(config.User, 'User'),
    env: texts(config.Env, 'Env'),
    entrypoint: words(config.Entrypoint, 'Entrypoint'),
    cmd: words(config.Cmd, 'Cmd'),
    workingDir: text(config.WorkingDir, 'WorkingDir'),
    volumes: names(config.Volumes, 'Volumes').map(volumePath),
    exposedPorts: names(config.ExposedPorts, 'ExposedPorts').map(each => (each.includes('/') ? each : `${each}/tcp`)),
    labels: labelsOf(config.Labels),
    stopSignal: text(config.StopSignal, 'StopSignal'),
    ...(shell.length === 0 ? {} : {shell}),
    ...(healthcheck === undefined ? {} : {healthcheck}),
  }
}

function volumePath(path: string): string {
  const clean = posix.join('/', path).replace(/\/$/, '')
  if (clean !== '') return clean
  throw new StackError('image-failed', `Volumes: "${path}" cannot be a volume`)
}

/** Old images have one text where a list is meant. */
const words = (value: unknown, what: string): string[] => (typeof value === 'string' ? [value] : texts(value, what))

function labelsOf(value: unknown): Record<string, string> {
  if (!isObject(value)) return {}
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, text(each, `label "${key}"`)]))
}

/** Durations are nanoseconds there, and 0 is what the engine likes. */
function healthcheckOf(check: Json): ImageConfig['healthcheck'] {
  const test = texts(check.Test, 'Healthcheck.Test')
  if (test.length === 0) return undefined
  const time = (name: string) => number(check[name], `Healthcheck.${name}`) / 1e6
  const all = {
    interval: time('Interval'),
    timeout: time('Timeout'),
    startPeriod: time('StartPeriod'),
    startInterval: time('StartInterval'),
    retries: number(check.Retries, 'Healthcheck.Retries'),
  }
  return {test, ...Object.fromEntries(Object.entries(all).filter(([, value]) => value > 0))}
}

function historyEntry(value: unknown): HistoryEntry {
  const entry = object(value, 'history')
  return {
    created: timeOf(entry.created),
    createdBy: text(entry.created_by, 'history.created_by'),
    comment: text(entry.comment, 'history.comment'),
    emptyLayer: entry.empty_layer === true,
  }
}

/** Milliseconds since the epoch; 0 where nothing is said. */
function timeOf(value: unknown): number {
  const time = Date.parse(text(value, 'created'))
  return Number.isNaN(time) ? 0 : time
}
