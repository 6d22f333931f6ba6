import type {Recipe} from './recipe.ts'

export const memcached: Recipe = {
  matches: /^memcached$/,
  fit: () => ({
    accounts: [{name: 'memcache', id: 11211, home: '/nonexistent'}],
    config: {user: 'memcache', cmd: ['memcached'], exposedPorts: ['11211/tcp']},
  }),
}
