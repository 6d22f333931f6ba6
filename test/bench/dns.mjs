import {spawn} from 'node:child_process'
import {text} from 'node:stream/consumers'
import {setTimeout as sleep} from 'node:timers/promises'
import {median, milliseconds, root} from './measure.mjs'
import {daemonPid, withProject} from './ours.mjs'
import {compiled} from './peers.mjs'

const rounds = 5

/** The name server of a network: how much it answers, and how long nobody does after the daemon was killed. */
export async function* dns() {
  yield* await withProject(project(compiled('dns', '-static')), async ({stack, directory}) => {
    const ask = (...words) => Number(stack('exec', '-T', 'client', '/dns', ...words).trim())
    const rates = {web: [], 'tasks.web': []}
    for (let round = 0; round < rounds; round++) {
      for (const name of Object.keys(rates)) rates[name].push(ask('rate', name, '1'))
    }
    const gaps = []
    for (let round = 0; round < rounds; round++) gaps.push(await gapAfterKill(directory))
    return [
      {what: 'answers with the address of a service', value: median(rates.web), unit: '/s', goal: '>= 5000'},
      {what: 'answers with those of 10 replicas', value: median(rates['tasks.web']), unit: '/s', goal: '>= 5000'},
      {what: 'longest time without an answer after kill -9 of the daemon', ...milliseconds(gaps), goal: '<= 300'},
    ]
  })
}

const project = program => `name: bench
services:
  web:
    image: host://
    command: [sleep, infinity]
    init: true
    scale: 10
  client:
    image: host://
    command: [sleep, infinity]
    init: true
    volumes: ["${program}:/dns:ro"]
`

/** The client is no child of the daemon: it goes on, and says its figure into a file. */
async function gapAfterKill(directory) {
  const words = ['exec', '-T', 'client', 'sh', '-c', '/dns gap web 2 > /tmp/gap.new; mv /tmp/gap.new /tmp/gap']
  const client = spawn(process.execPath, [`${root}bin/stack`, ...words], {cwd: directory, stdio: 'ignore'})
  await sleep(700)
  process.kill(daemonPid(), 'SIGKILL')
  await new Promise(resolve => client.once('close', resolve))
  await sleep(2000)
  const look = spawn(
    process.execPath,
    [`${root}bin/stack`, 'exec', '-T', 'client', 'sh', '-c', 'cat /tmp/gap; rm /tmp/gap'],
    {cwd: directory, stdio: ['ignore', 'pipe', 'inherit']},
  )
  return Number(await text(look.stdout))
}
