import {
  devices,
  externalName,
  hosts,
  labels,
  listed,
  mapping,
  named,
  ports,
  shellLine,
  treeOf,
  volumes,
  words,
  wrapped,
} from './forms/collections.ts'
import {each, type Form} from './forms/form.ts'
import {bytes, cleanPath, cpus, duration, fileMode, text} from './forms/scalars.ts'
import type {Path} from './path.ts'
import {compileRules, type Rules, ruleFor} from './pattern.ts'
import type {Report} from './problem.ts'
import {type Entry, type MapTree, scalar, type Tree} from './tree.ts'

const nothing = named(item => scalar(null, item.at))
const started = named(item => treeOf({condition: 'service_started', required: true}, item))
const grants = each(wrapped('source'))
const allGpus: Form = tree => (tree.kind === 'scalar' ? treeOf([{count: -1}], tree) : tree)

/** Every short form and the long one that it means. */
export const formRows: ReadonlyArray<readonly [pattern: string, form: Form]> = [
  ['include', each(wrapped('path'))],
  ['include.*.path', listed],
  ['include.*.env_file', listed],
  ['services.*.annotations', labels],
  ['services.*.build', wrapped('context')],
  ['services.*.build.additional_contexts', mapping],
  ['services.*.build.args', mapping],
  ['services.*.build.extra_hosts', hosts],
  ['services.*.build.labels', labels],
  ['services.*.build.no_cache_filter', listed],
  ['services.*.build.secrets', grants],
  ['services.*.build.secrets.*.mode', fileMode],
  ['services.*.build.shm_size', bytes],
  ['services.*.build.ssh', mapping],
  ['services.*.command', words],
  ['services.*.configs', grants],
  ['services.*.configs.*.mode', fileMode],
  ['services.*.depends_on', started],
  ['services.*.deploy.labels', labels],
  ['services.*.deploy.resources.limits.cpus', cpus],
  ['services.*.deploy.resources.limits.memory', bytes],
  ['services.*.deploy.resources.reservations.cpus', cpus],
  ['services.*.deploy.resources.reservations.memory', bytes],
  ['services.*.deploy.restart_policy.delay', duration],
  ['services.*.deploy.restart_policy.window', duration],
  ['services.*.deploy.rollback_config.delay', duration],
  ['services.*.deploy.rollback_config.monitor', duration],
  ['services.*.deploy.update_config.delay', duration],
  ['services.*.deploy.update_config.monitor', duration],
  ['services.*.develop.watch.*.ignore', listed],
  ['services.*.develop.watch.*.include', listed],
  ['services.*.dns', listed],
  ['services.*.dns_search', listed],
  ['services.*.entrypoint', words],
  ['services.*.devices', devices],
  ['services.*.env_file', listed],
  ['services.*.env_file.*', wrapped('path')],
  ['services.*.environment', mapping],
  ['services.*.expose.*', text],
  ['services.*.extends', wrapped('service')],
  ['services.*.extra_hosts', hosts],
  ['services.*.gpus', allGpus],
  ['services.*.group_add.*', text],
  ['services.*.healthcheck.interval', duration],
  ['services.*.healthcheck.start_interval', duration],
  ['services.*.healthcheck.start_period', duration],
  ['services.*.healthcheck.test', shellLine],
  ['services.*.healthcheck.timeout', duration],
  ['services.*.label_file', listed],
  ['services.*.labels', labels],
  ['services.*.logging.options.*', text],
  ['services.*.mem_limit', bytes],
  ['services.*.mem_reservation', bytes],
  ['services.*.memswap_limit', bytes],
  ['services.*.models', nothing],
  ['services.*.networks', nothing],
  ['services.*.networks.*.driver_opts.*', text],
  ['services.*.ports', ports],
  ['services.*.post_start.*.command', words],
  ['services.*.post_start.*.environment', mapping],
  ['services.*.pre_start.*.command', words],
  ['services.*.pre_start.*.environment', mapping],
  ['services.*.pre_stop.*.command', words],
  ['services.*.pre_stop.*.environment', mapping],
  ['services.*.secrets', grants],
  ['services.*.secrets.*.mode', fileMode],
  ['services.*.shm_size', bytes],
  ['services.*.stop_grace_period', duration],
  ['services.*.storage_opt.*', text],
  ['services.*.sysctls', labels],
  ['services.*.tmpfs', listed],
  ['services.*.volumes', volumes],
  ['services.*.volumes.*.target', cleanPath],
  ['services.*.volumes.*.tmpfs.mode', fileMode],
  ['services.*.volumes.*.tmpfs.size', bytes],
  ['services.*.volumes.*.volume.labels', labels],
  ['networks.*', externalName],
  ['networks.*.driver_opts.*', text],
  ['networks.*.labels', labels],
  ['volumes.*', externalName],
  ['volumes.*.driver_opts.*', text],
  ['volumes.*.labels', labels],
  ['configs.*', externalName],
  ['configs.*.labels', labels],
  ['secrets.*', externalName],
  ['secrets.*.labels', labels],
]

const forms: Rules<Form> = compileRules(formRows)

/** Every attribute in its one long form; from the outside in, so that a short form's parts are looked at too. */
export function canonicalise(tree: MapTree, report: Report): MapTree {
  return visit(tree, {path: [], rules: forms, report}) as MapTree
}

type Visit = {readonly path: Path; readonly rules: Rules<Form>; readonly report: Report}

function visit(tree: Tree, {path, rules, report}: Visit): Tree | undefined {
  if (tree.mark === 'reset') return tree
  const formed = rules.value === undefined ? tree : rules.value(tree, {path, report})
  if (formed === undefined || formed.kind === 'scalar') return formed
  const below = (value: Tree, part: string | number): Tree | undefined => {
    const next = ruleFor(rules, part)
    return next === undefined ? value : visit(value, {path: [...path, part], rules: next, report})
  }
  if (formed.kind === 'list') return {...formed, items: formed.items.map(below).filter(item => item !== undefined)}
  const entries = new Map<string, Entry>()
  for (const [key, entry] of formed.entries) {
    const value = below(entry.value, key)
    if (value !== undefined) entries.set(key, {key: entry.key, value})
  }
  return {...formed, entries}
}
