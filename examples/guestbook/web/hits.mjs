import {createClient} from 'redis'

/** The number of visits in Redis. While it is away, questions fail at once and the client keeps connecting. */
export function openHits({REDIS_URL}) {
  const client = createClient({
    url: REDIS_URL,
    disableOfflineQueue: true,
    socket: {connectTimeout: 2000, reconnectStrategy: retries => Math.min(50 * 2 ** retries, 2000)},
  })
  client.on('error', error => console.error(`cache: ${error.message || error.code}`))
  client.connect().catch(() => undefined)
  return {
    next: () => client.incr('hits'),
    check: () => client.ping(),
  }
}
