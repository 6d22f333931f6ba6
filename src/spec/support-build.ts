import {cacheSource, cacheTarget} from '../model/build-cache.ts'
import {problem, warning} from './problem.ts'
import {unsupported, type ValueCheck} from './support-check.ts'
import {get, itemsOf, textOf} from './tree.ts'

/** What of a build is not done: networks of its own, images for other machines. */
export const checkBuild: ValueCheck = (tree, {where, context, report}) => {
  for (const [key, read] of [['cache_from', cacheSource] as const, ['cache_to', cacheTarget] as const]) {
    itemsOf(get(tree, key)).forEach((item, index) => {
      const found = read(textOf(item) ?? '')
      if (!('problem' in found)) return
      const {hint, isForeign} = found
      const [make, effect] = isForeign ? [warning, ' has no effect'] : [problem, '']
      report(
        unsupported(make, `${where}.${key}[${index}]${effect}: ${found.problem}`, {
          at: item.at,
          ...(hint === undefined ? {} : {hint}),
        }),
      )
    })
  }
  const network = get(tree, 'network')
  if (network !== undefined && !['', 'default', 'none', 'host', 'bridge'].includes(textOf(network) ?? '')) {
    report(unsupported(problem, `${where}.network must be default, none or host`, {at: network.at}))
  }
  itemsOf(get(tree, 'platforms')).forEach((item, index) => {
    const text = textOf(item) ?? ''
    const own = context.platform
    if (own === undefined || text === own || text.startsWith(`${own}/`)) return
    const message = `${where}.platforms[${index}]: this machine is ${own}`
    report(unsupported(problem, message, {at: item.at, hint: 'images for other processors are not built'}))
  })
}
