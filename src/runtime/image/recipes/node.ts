import type {Recipe} from './recipe.ts'

export const node: Recipe = {
  matches: /^nodejs$/,
  fit: () => ({accounts: [{name: 'node', id: 1000, home: '/home/node'}], config: {cmd: ['node']}}),
}
