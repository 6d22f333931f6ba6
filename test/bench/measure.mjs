import {spawnSync} from 'node:child_process'
import {Agent, request as httpRequest} from 'node:http'
import {performance} from 'node:perf_hooks'
import {fileURLToPath} from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

export const median = values => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

/** The median for the figure, the least for a machine that others use too. */
export const milliseconds = values => ({value: median(values), least: Math.min(...values), unit: 'ms'})

/** Milliseconds of each of `times` runs, one after the other. */
export async function timed(times, action) {
  const values = []
  for (let run = 0; run < times; run++) {
    const began = performance.now()
    await action(run)
    values.push(performance.now() - began)
  }
  return values
}

/** In every round each runner's `go(round)`, timed, and its `back(round)`, not timed: what disturbs one disturbs all. */
export async function inTurn(rounds, runners) {
  const seen = Object.fromEntries(Object.keys(runners).map(name => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, {go, back}] of Object.entries(runners)) {
      seen[name].push(...(await timed(1, () => go(round))))
      await back?.(round)
    }
  }
  return seen
}

/** Runs a command to its end, a minute at most; a failure ends the benchmark with what it said. */
export function run(command, words, options = {}) {
  const {status, stdout, stderr, error} = spawnSync(command, words, {encoding: 'utf8', timeout: 60_000, ...options})
  if (status !== 0) throw new Error(`${command} ${words.join(' ')}: ${error ?? ''}${stdout}${stderr}`)
  return stdout
}

export const stack = (...words) => run(process.execPath, [`${root}bin/stack`, ...words])

export const has = program => spawnSync('which', [program]).status === 0

/** A client of an Engine API on a unix socket, its connection kept. */
export function api(socketPath) {
  const agent = new Agent({keepAlive: true})
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? '' : JSON.stringify(body)
      const headers =
        body === undefined ? {} : {'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text)}
      const request = httpRequest({socketPath, method, path, agent, headers}, response => {
        const chunks = []
        response.on('data', chunk => chunks.push(chunk))
        response.on('end', () => {
          const answer = Buffer.concat(chunks).toString()
          if (response.statusCode >= 400) reject(new Error(`${method} ${path}: ${response.statusCode} ${answer}`))
          else resolve(response.headers['content-type'] === 'application/json' && answer ? JSON.parse(answer) : answer)
        })
      })
      request.on('error', reject)
      request.end(text)
    })
}
