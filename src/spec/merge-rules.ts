import {compileRules} from './pattern.ts'
import {get, instead, itemsOf, type Scalar, type Tree} from './tree.ts'

export type MergeRule = (
  base: Tree | undefined,
  over: Tree,
  plainly: (base: Tree | undefined, over: Tree) => Tree,
) => Tree

/** The later one as a whole. */
const replace: MergeRule = (base, over) =>
  base !== undefined && over.kind === 'scalar' && over.value === null ? base : instead(over, base)

/** Like maps everywhere, but null is a value: `KEY:` in an override takes the variable from the environment. */
const nullWins: MergeRule = (base, over, plainly) =>
  over.kind === 'scalar' ? instead(over, base) : plainly(base, over)

/** Both lists without repetition: a later item takes the place of the earlier one with the same key. */
const unionBy =
  (keyOf: (item: Tree) => string): MergeRule =>
  (base, over) => {
    if (over.kind !== 'list') return base ?? over
    const items = new Map<string, Tree>()
    for (const item of [...itemsOf(base), ...over.items]) {
      const key = keyOf(item)
      items.set(key, instead(item, items.get(key)))
    }
    return {...over, items: [...items.values()]}
  }

const scalarAt = (item: Tree, ...keys: readonly string[]): Scalar | undefined => {
  const found = get(item, ...keys)
  return found?.kind === 'scalar' ? found.value : undefined
}
const text = (item: Tree): string => String(item.kind === 'scalar' ? item.value : '')
const beforeColon = (item: Tree): string => text(item).replace(/:.*$/s, '')
const beforeEquals = (item: Tree): string => text(item).replace(/=.*$/s, '')
const member =
  (key: string) =>
  (item: Tree): string =>
    String(scalarAt(item, key))

const portKey = (item: Tree): string => {
  const [host, published, target, protocol] = ['host_ip', 'published', 'target', 'protocol'].map(key =>
    scalarAt(item, key),
  )
  return `${host ?? '0.0.0.0'}:${published ?? ''}:${target}/${protocol ?? 'tcp'}`
}

const grantKey =
  (directory: string) =>
  (item: Tree): string => {
    const target = String(scalarAt(item, 'target') ?? scalarAt(item, 'source'))
    return target.startsWith('/') ? target : `${directory}/${target}`
  }

/** Options belong to a driver: another driver starts anew. */
const byDriver: MergeRule = (base, over, plainly) => {
  const [before, after] = [base === undefined ? undefined : scalarAt(base, 'driver'), scalarAt(over, 'driver')]
  return before === undefined || after === undefined || before === after ? plainly(base, over) : instead(over, base)
}

/** Matched by subnet; what the later list does not name is gone. */
const bySubnet: MergeRule = (base, over, plainly) => {
  if (over.kind !== 'list') return base ?? over
  const before = new Map(itemsOf(base).map(item => [scalarAt(item, 'subnet'), item]))
  return {...over, items: over.items.map(item => plainly(before.get(scalarAt(item, 'subnet')), item))}
}

/** Where two files do not simply join. Both sides are in canonical form by now. */
export const mergeRows: ReadonlyArray<readonly [pattern: string, rule: MergeRule]> = [
  ['services.*.command', replace],
  ['services.*.entrypoint', replace],
  ['services.*.healthcheck.test', replace],
  ['services.*.ulimits.*', replace],
  ['services.*.build.ulimits.*', replace],
  ['services.*.logging', byDriver],
  ['services.*.environment.*', nullWins],
  ['services.*.build.args.*', nullWins],
  ['services.*.ports', unionBy(portKey)],
  ['services.*.volumes', unionBy(member('target'))],
  ['services.*.configs', unionBy(grantKey(''))],
  ['services.*.secrets', unionBy(grantKey('/run/secrets'))],
  ['services.*.build.secrets', unionBy(grantKey(''))],
  ['services.*.devices', unionBy(member('target'))],
  ['services.*.env_file', unionBy(member('path'))],
  ['services.*.label_file', unionBy(text)],
  ['services.*.expose', unionBy(text)],
  ['services.*.extra_hosts', unionBy(text)],
  ['services.*.build.extra_hosts', unionBy(text)],
  ['services.*.build.platforms', unionBy(text)],
  ['services.*.build.tags', unionBy(text)],
  ['services.*.cap_add', unionBy(text)],
  ['services.*.cap_drop', unionBy(text)],
  ['services.*.dns', unionBy(text)],
  ['services.*.dns_opt', unionBy(text)],
  ['services.*.dns_search', unionBy(text)],
  ['services.*.links', unionBy(beforeEquals)],
  ['services.*.profiles', unionBy(text)],
  ['services.*.tmpfs', unionBy(beforeColon)],
  ['services.*.networks.*.aliases', unionBy(text)],
  ['services.*.networks.*.link_local_ips', unionBy(text)],
  ['networks.*.ipam.config', bySubnet],
]

export const mergeRules = compileRules(mergeRows)
