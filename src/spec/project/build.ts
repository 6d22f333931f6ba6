import {basename} from 'node:path/posix'
import {parseBytes} from '../../base/bytes.ts'
import {type CacheProblem, cacheSource, cacheTarget} from '../../model/build-cache.ts'
import type {Build} from '../../model/project.ts'
import type {CanonicalService} from '../canonical-form.ts'
import {mapValues} from '../normalise.ts'
import {defined} from './defined.ts'

export function buildOf({build}: CanonicalService): Build | undefined {
  if (build == null) return undefined
  return {
    context: build.context ?? '.',
    dockerfile: build.dockerfile ?? 'Dockerfile',
    ...defined({dockerfileInline: build.dockerfile_inline, target: build.target, network: build.network}),
    tags: build.tags ?? [],
    args: withoutNull(build.args ?? {}),
    labels: mapValues(build.labels ?? {}, value => value),
    cacheFrom: sound((build.cache_from ?? []).map(cacheSource)),
    cacheTo: sound((build.cache_to ?? []).map(cacheTarget)),
    secrets: (build.secrets ?? []).map(({source = '', target}) => ({id: basename(target || source), key: source})),
    contexts: withoutNull(build.additional_contexts ?? {}),
    extraHosts: (build.extra_hosts ?? []).map(host => host.replace('=', ':')),
    ...defined({shmSize: build.shm_size === undefined ? undefined : parseBytes(String(build.shm_size))}),
    ulimits: mapValues(build.ulimits ?? {}, value => (typeof value === 'number' ? {soft: value, hard: value} : value)),
    privileged: build.privileged ?? false,
    ssh: mapValues(build.ssh ?? {}, path => (path === null || path === '' ? null : String(path))),
    noCache: build.no_cache ?? false,
    noCacheFilter: build.no_cache_filter ?? [],
    pull: build.pull ?? false,
  }
}

/** What is not has been told of. */
const sound = <T extends object>(all: ReadonlyArray<T | CacheProblem>): T[] =>
  all.flatMap(each => ('problem' in each ? [] : [each]))

const withoutNull = (texts: Readonly<Record<string, string | null>>): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).flatMap(([name, value]) => (value === null ? [] : [[name, String(value)]])))
