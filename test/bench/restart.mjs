import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdirSync, writeFileSync} from 'node:fs'
import {get} from 'node:http'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {inTurn, median} from './measure.mjs'
import {whileWatched, withProject} from './ours.mjs'

const rounds = 20
const patience = 10_000
const [published, bare] = [18080, 18081]
const project = `name: bench
services:
  web:
    image: host://
    command: sh -c 'until test -f /app/server.mjs; do sleep 0.05; done; exec node /app/server.mjs'
    stop_grace_period: 1s
    environment: {PORT: "8080"}
    ports: ["127.0.0.1:${published}:8080"]
    develop: {watch: [{action: sync+restart, path: ./web, target: /app, initial_sync: true}]}
`
const program = version => `import {createServer} from 'node:http'
createServer((_request, response) => response.end('${version}')).listen(Number(process.env.PORT))
process.on('SIGTERM', () => process.exit(0))
`

/** From the save of a Node program to its new answer by the published port; beside the same program's own start. */
export async function* restart() {
  const seen = await withProject(project, async ({directory}) => {
    const file = join(directory, 'web/server.mjs')
    mkdirSync(join(directory, 'web'))
    writeFileSync(file, program('first'))
    return whileWatched(directory, async () => {
      await answers(published, 'first')
      // The first sync is followed by a restart, too; a shell that waits hears no signal.
      await sleep(3000)
      return inTurn(rounds, {saved: saving(file), alone: starting(file)})
    })
  })
  const [saved, alone] = [median(seen.saved), median(seen.alone)]
  const least = Math.min(...seen.saved)
  yield {what: 'save to restarted and answering, a Node program, median', value: saved, least, unit: 'ms'}
  yield {what: 'its own start, bare', value: alone, least: Math.min(...seen.alone), unit: 'ms'}
  yield {what: 'save to answering, over its own start', value: saved - alone, unit: 'ms', goal: '150 ms'}
}

function saving(file) {
  return {
    async go(round) {
      writeFileSync(file, program(`round ${round}`))
      await answers(published, `round ${round}`)
    },
    back: () => sleep(200),
  }
}

function starting(file) {
  let child
  return {
    async go(round) {
      child = spawn(process.execPath, [file], {env: {...process.env, PORT: `${bare}`}, stdio: 'ignore'})
      await answers(bare, `round ${round}`)
    },
    async back() {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

async function answers(port, text) {
  const began = performance.now()
  while ((await answer(port)) !== text) {
    if (performance.now() - began > patience) throw new Error(`${port} does not answer "${text}"`)
    await sleep(1)
  }
}

/** What is said within a moment: a connection that meets nobody may be left waiting. */
const answer = port =>
  new Promise(resolve => {
    const request = get({host: '127.0.0.1', port, agent: false, timeout: 50}, async response => {
      resolve(
        (
          await response
            .setEncoding('utf8')
            .toArray()
            .catch(() => [])
        ).join(''),
      )
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(undefined))
  })
