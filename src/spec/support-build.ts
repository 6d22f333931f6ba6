import {cacheDirectory} from './build-cache.ts'
import {problem, warning} from './problem.ts'
import {unsupported, type ValueCheck} from './support-check.ts'
import {get, itemsOf, textOf} from './tree.ts'

/** What of a build is not done: networks of its own, images for other machines. */
export const checkBuild: ValueCheck = (tree, {where, context, report}) => {
  for (const key of ['cache_from', 'cache_to']) {
    itemsOf(get(tree, key)).forEach((item, index) => {
      if (cacheDirectory(textOf(item) ?? '') !== undefined) return
      const hint = `write type=local,${key === 'cache_from' ? 'src' : 'dest'}=DIRECTORY`
      report(unsupported(warning, `${where}.${key}[${index}] has no effect`, {at: item.at, hint}))
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
