import {type ErrorCode, StackError} from '../../base/error.ts'
import type {BuildOptions, BuildSpec} from '../engine.ts'
import type {Client} from './client.ts'
import {linesOf} from './streams.ts'

/** A line of what our daemon answers. */
type BuildLine = {
  readonly stream?: string
  readonly stackStep?: {
    readonly step: string
    readonly state?: 'begin' | 'cached' | 'done'
    readonly line?: string
    readonly milliseconds?: number
  }
  readonly stackError?: {readonly code?: ErrorCode; readonly message: string; readonly hint?: string}
}

type Building = BuildOptions & {readonly registryConfig: string | undefined}

/** Asks our own daemon, which reads the files where they are. */
export async function buildImage(
  client: Client,
  spec: BuildSpec,
  {progress, signal, registryConfig}: Building,
): Promise<void> {
  const answer = await client.stream({
    method: 'POST',
    path: '/build',
    query: queryOf(spec),
    body: bodyOf(spec),
    registryConfig,
    ...(signal === undefined ? {} : {signal}),
  })
  for await (const line of linesOf(answer)) {
    const {stackStep, stackError} = JSON.parse(line) as BuildLine
    if (stackError !== undefined) {
      const {code = 'build-failed', message, hint} = stackError
      throw new StackError(code, message, hint === undefined ? {} : {hint})
    }
    const text = stackStep && wording(stackStep)
    if (text !== undefined) progress?.(text)
  }
}

function wording({step, state, line, milliseconds = 0}: NonNullable<BuildLine['stackStep']>): string | undefined {
  if (line !== undefined) return `${step.match(/^\[[^\]]*\]/)?.[0] ?? ''} ${line}`
  if (state === 'cached') return `${step}: cached`
  return state === 'done' ? `${step}: ${(milliseconds / 1000).toFixed(1)} s` : step
}

function queryOf(spec: BuildSpec): Record<string, string | number> {
  return {
    buildargs: JSON.stringify(spec.args),
    labels: JSON.stringify(spec.labels),
    nocache: spec.noCache ? 1 : 0,
    pull: spec.pull ? 1 : 0,
    networkmode: spec.network ?? 'default',
    extrahosts: spec.extraHosts.join(','),
    ...(spec.target === undefined ? {} : {target: spec.target}),
    ...(spec.platform === undefined ? {} : {platform: spec.platform}),
    ...(spec.shmSize === undefined ? {} : {shmsize: spec.shmSize}),
  }
}

const bodyOf = (spec: BuildSpec) => ({
  Context: spec.context,
  Dockerfile: spec.dockerfile,
  DockerfileName: spec.shownAs,
  ...(spec.dockerfileInline === undefined ? {} : {DockerfileInline: spec.dockerfileInline}),
  Tags: [spec.name, ...spec.tags],
  CacheFrom: spec.cacheFrom,
  CacheTo: spec.cacheTo,
  NoCacheFilter: spec.noCacheFilter,
  Ulimits: Object.entries(spec.ulimits).map(([Name, {soft, hard}]) => ({Name, Soft: soft, Hard: hard})),
  Privileged: spec.privileged,
  Ssh: spec.ssh,
  Secrets: Object.fromEntries(
    Object.entries(spec.secrets).map(([id, content]) => [id, Buffer.from(content).toString('base64')]),
  ),
  Contexts: Object.fromEntries(
    Object.entries(spec.contexts).map(([id, each]) => [
      id,
      'path' in each ? {Path: each.path} : 'image' in each ? {Image: each.image} : {Address: each.address},
    ]),
  ),
})
