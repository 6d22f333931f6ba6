import {createServer} from 'node:http'
import {hostname} from 'node:os'
import {openEntries} from './entries.mjs'
import {openHits} from './hits.mjs'
import {page} from './page.mjs'
import {readEntry} from './request.mjs'

const port = Number(process.env.PORT ?? 3000)
const entries = openEntries(process.env)
const hits = openHits(process.env)

const routes = {
  'GET /': async () => ({html: page({entries: await entries.latest(), hits: await hits.next(), host: hostname()})}),
  'GET /entries': async () => ({json: await entries.latest()}),
  'POST /entries': async request => {
    const {entry, fromForm} = await readEntry(request)
    const added = await entries.add(entry)
    return fromForm ? {status: 303, location: '/', json: added} : {status: 201, json: added}
  },
  'GET /whoami': async () => ({json: {hostname: hostname(), hits: await hits.next()}}),
  'GET /health': async () => {
    await Promise.all([entries.check(), hits.check()])
    return {json: {healthy: true}}
  },
}

const server = createServer(async (request, response) => {
  const {pathname} = new URL(request.url, 'http://guestbook')
  const route = routes[`${request.method} ${pathname}`]
  try {
    send(response, route === undefined ? {status: 404, json: {error: 'not found'}} : await route(request))
  } catch (error) {
    const status = error.status ?? 503
    if (status === 503) console.error(`${request.method} ${pathname}: ${error.message}`)
    send(response, {status, json: {error: error.message}})
  }
})

function send(response, {status = 200, json, html, location}) {
  const body = html ?? `${JSON.stringify(json)}\n`
  response.writeHead(status, {
    'content-type': html === undefined ? 'application/json' : 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...(location === undefined ? {} : {location}),
  })
  response.end(body)
}

/** What is being answered gets its answer, everything else is dropped. */
function leave() {
  server.close(() => process.exit(0))
  server.closeIdleConnections()
  setTimeout(() => process.exit(0), 1000)
}
process.once('SIGTERM', leave)
process.once('SIGINT', leave)

server.listen(port, () => console.log(`guestbook: ${hostname()} listens on port ${port}`))
