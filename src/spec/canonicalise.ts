import {
  deviceRequest,
  devices,
  externalName,
  hosts,
  labels,
  listed,
  mapping,
  named,
  ports,
  secretTarget,
  shellLine,
  treeOf,
  volumes,
  withoutEmpty,
  words,
  wrapped,
} from './forms/collections.ts'
import {each, type Form} from './forms/form.ts'
import {bytes, cleanPath, cpus, duration, fileMode, microseconds, octalNumber, option, text} from './forms/scalars.ts'
import type {Path} from './path.ts'
import {compileRules, type Rules, ruleFor} from './pattern.ts'
import type {Report} from './problem.ts'
import {type Entry, type MapTree, scalar, type Tree} from './tree.ts'

const nothing = named(item => scalar(null, item.at))
const started = named(item => treeOf({condition: 'service_started', required: true}, item))
const filledItems: Form = (tree, context) => withoutEmpty(listed(tree, context))
const grants = each(wrapped('source'))
const secretGrants = each((item, context) => secretTarget(wrapped('source')(item, context)))
const requests = each(deviceRequest)
const gpus: Form = (tree, context) => (tree.kind === 'scalar' ? treeOf([{count: -1}], tree) : requests(tree, context))

/** Every short form and the long one that it means. */
export const formRows: ReadonlyArray<readonly [pattern: string, form: Form]> = [
  ['include', each(wrapped('path'))],
  ['include.*.path', listed],
  ['include.*.env_file', listed],
  ['services.*.annotations', labels],
  ['services.*.blkio_config.device_read_bps.*.rate', bytes],
  ['services.*.blkio_config.device_write_bps.*.rate', bytes],
  ['services.*.build', wrapped('context')],
  ['services.*.build.additional_contexts', mapping],
  ['services.*.build.args', mapping],
  ['services.*.build.extra_hosts', hosts],
  ['services.*.build.labels', labels],
  ['services.*.build.no_cache_filter', listed],
  ['services.*.build.provenance', text],
  ['services.*.build.sbom', text],
  ['services.*.build.secrets', secretGrants],
  ['services.*.build.secrets.*.mode', fileMode],
  ['services.*.build.shm_size', bytes],
  ['services.*.build.ssh', mapping],
  ['services.*.command', words],
  ['services.*.configs', grants],
  ['services.*.configs.*.mode', fileMode],
  ['services.*.cpu_period', microseconds],
  ['services.*.cpu_quota', microseconds],
  ['services.*.cpu_rt_period', microseconds],
  ['services.*.cpu_rt_runtime', microseconds],
  ['services.*.depends_on', started],
  ['services.*.deploy.labels', labels],
  ['services.*.deploy.resources.limits.cpus', cpus],
  ['services.*.deploy.resources.limits.memory', bytes],
  ['services.*.deploy.resources.reservations.cpus', cpus],
  ['services.*.deploy.resources.reservations.devices', requests],
  ['services.*.deploy.resources.reservations.devices.*.options', labels],
  ['services.*.deploy.resources.reservations.memory', bytes],
  ['services.*.deploy.restart_policy.delay', duration],
  ['services.*.deploy.restart_policy.window', duration],
  ['services.*.deploy.rollback_config.delay', duration],
  ['services.*.deploy.rollback_config.monitor', duration],
  ['services.*.deploy.update_config.delay', duration],
  ['services.*.deploy.update_config.monitor', duration],
  ['services.*.develop.watch.*.exec.command', words],
  ['services.*.develop.watch.*.exec.environment', mapping],
  ['services.*.develop.watch.*.ignore', listed],
  ['services.*.develop.watch.*.include', listed],
  ['services.*.dns', filledItems],
  ['services.*.dns_search', listed],
  ['services.*.entrypoint', words],
  ['services.*.devices', devices],
  ['services.*.env_file', listed],
  ['services.*.env_file.*', wrapped('path')],
  ['services.*.environment', mapping],
  ['services.*.expose.*', text],
  ['services.*.extends', wrapped('service')],
  ['services.*.extra_hosts', hosts],
  ['services.*.gpus', gpus],
  ['services.*.gpus.*.options', labels],
  ['services.*.group_add.*', text],
  ['services.*.healthcheck.interval', duration],
  ['services.*.healthcheck.start_interval', duration],
  ['services.*.healthcheck.start_period', duration],
  ['services.*.healthcheck.test', shellLine],
  ['services.*.healthcheck.timeout', duration],
  ['services.*.label_file', listed],
  ['services.*.labels', labels],
  ['services.*.logging.options.*', option],
  ['services.*.mem_limit', bytes],
  ['services.*.mem_reservation', bytes],
  ['services.*.memswap_limit', bytes],
  ['services.*.models', nothing],
  ['services.*.networks', nothing],
  ['services.*.networks.*.driver_opts.*', option],
  ['services.*.ports', ports],
  ['services.*.post_start.*.command', words],
  ['services.*.post_start.*.environment', mapping],
  ['services.*.pre_start.*.command', words],
  ['services.*.pre_start.*.environment', mapping],
  ['services.*.pre_stop.*.command', words],
  ['services.*.pre_stop.*.environment', mapping],
  ['services.*.provider.options.*', listed],
  ['services.*.provider.options.*.*', text],
  ['services.*.secrets', secretGrants],
  ['services.*.secrets.*.mode', fileMode],
  ['services.*.shm_size', bytes],
  ['services.*.stop_grace_period', duration],
  ['services.*.storage_opt.*', option],
  ['services.*.sysctls', labels],
  ['services.*.tmpfs', listed],
  ['services.*.volumes', volumes],
  ['services.*.volumes.*.target', cleanPath],
  ['services.*.volumes.*.tmpfs.mode', octalNumber],
  ['services.*.volumes.*.tmpfs.size', bytes],
  ['services.*.volumes.*.volume.labels', labels],
  ['networks.*', externalName],
  ['networks.*.driver_opts.*', option],
  ['networks.*.ipam.config.*.aux_addresses', labels],
  ['networks.*.ipam.options.*', option],
  ['networks.*.labels', labels],
  ['volumes.*', externalName],
  ['volumes.*.driver_opts.*', option],
  ['volumes.*.labels', labels],
  ['configs.*', externalName],
  ['configs.*.labels', labels],
  ['secrets.*', externalName],
  ['secrets.*.labels', labels],
]

const forms: Rules<Form> = compileRules(formRows)

export type FormOptions = {
  readonly report: Report
  /** What stays as it is where it cannot be understood: no problem is told. */
  readonly mayStay: (tree: Tree) => boolean
}

/** Every attribute in its one long form; from the outside in, so that a short form's parts are looked at too. */
export function canonicalise(tree: MapTree, options: FormOptions): MapTree {
  return visit(tree, {path: [], rules: forms, ...options}) as MapTree
}

type Visit = FormOptions & {readonly path: Path; readonly rules: Rules<Form>}

function visit(tree: Tree, {path, rules, ...options}: Visit): Tree | undefined {
  if (tree.mark === 'reset') return tree
  const formed = rules.value === undefined ? tree : form(tree, rules.value, {path, ...options})
  if (formed === undefined || formed.kind === 'scalar') return formed
  const below = (value: Tree, part: string | number): Tree | undefined => {
    const next = ruleFor(rules, part)
    return next === undefined ? value : visit(value, {path: [...path, part], rules: next, ...options})
  }
  if (formed.kind === 'list') return {...formed, items: formed.items.map(below).filter(item => item !== undefined)}
  const entries = new Map<string, Entry>()
  for (const [key, entry] of formed.entries) {
    const value = below(entry.value, key)
    if (value !== undefined) entries.set(key, {key: entry.key, value})
  }
  return {...formed, entries}
}

function form(tree: Tree, rule: Form, {path, report, mayStay}: FormOptions & {readonly path: Path}): Tree | undefined {
  if (!mayStay(tree)) return rule(tree, {path, report})
  let isUnderstood = true
  const formed = rule(tree, {path, report: () => (isUnderstood = false)})
  return isUnderstood ? formed : tree
}
