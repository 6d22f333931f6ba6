import type {PackageChoice} from '../reference.ts'
import {memcached} from './memcached.ts'
import {nginx} from './nginx.ts'
import {node} from './node.ts'
import {postgresql} from './postgresql.ts'
import {plainConfig, type Recipe} from './recipe.ts'
import {redis} from './redis.ts'

const recipes: readonly Recipe[] = [redis, postgresql, nginx, memcached, node]

const plain: Recipe = {matches: /^/, fit: () => ({config: plainConfig})}

/** The recipe of the first package that has one; otherwise the image starts a shell. */
export function recipeFor(packages: readonly PackageChoice[]): Recipe {
  for (const {name} of packages) {
    const found = recipes.find(each => each.matches.test(name))
    if (found !== undefined) return found
  }
  return plain
}
