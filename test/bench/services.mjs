import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {setTimeout as sleep} from 'node:timers/promises'
import {has, median, run} from './measure.mjs'
import {withProject} from './ours.mjs'
import {compiled} from './peers.mjs'

const connections = 10_000
const rounds = 7
const seconds = 1

/** The address of a service: what it costs, how even it is, and what scaling does to those who use it. */
export async function* services() {
  yield* await withProject(project(compiled('stream')), async ({stack}) => {
    return [...(await throughput(stack)), spread(stack), await failures(stack)]
  })
}

const project = stream => `name: bench
services:
  web:
    image: host://
    command: [/stream, serve, "3000"]
    volumes: ["${stream}:/stream:ro"]
    healthcheck: {test: [CMD, /stream, count, 127.0.0.1, "3000", "1"]}
    scale: 10
  one:
    image: host://
    command: ${has('iperf3') ? '[iperf3, -s]' : '[/stream, serve, "5201"]'}
    volumes: ["${stream}:/stream:ro"]
    stop_signal: SIGKILL
  client:
    image: host://
    command: [sleep, infinity]
    volumes: ["${stream}:/stream:ro"]
    stop_signal: SIGKILL
`

const inClient = (stack, ...words) => stack('exec', '-T', 'client', ...words)

/** The same two programs by the service's address, and in two namespaces that hang on a plain bridge. */
async function throughput(stack) {
  const by = has('iperf3') ? 'iperf3' : 'a program of our own: iperf3 is missing'
  const raw = rawPair()
  const found = {raw: [], replica: [], service: []}
  try {
    const server = spawn('ip', ['netns', 'exec', 'bench1', ...serverWords()], {stdio: 'ignore'})
    await sleep(300)
    for (let round = 0; round < rounds; round++) {
      found.raw.push(gigabits(run('ip', ['netns', 'exec', 'bench0', ...clientWords(raw, compiled('stream'))])))
      found.replica.push(gigabits(inClient(stack, ...clientWords('tasks.one', '/stream'))))
      found.service.push(gigabits(inClient(stack, ...clientWords('one', '/stream'))))
    }
    server.kill('SIGKILL')
    await once(server, 'exit')
  } finally {
    removePair()
  }
  const [plain, replica, service] = [found.raw, found.replica, found.service].map(median)
  return [
    {what: `veth and bridge, nothing of ours (${by})`, value: plain, unit: 'Gbit/s'},
    {what: 'container to container, by the address of the replica', value: replica, unit: 'Gbit/s'},
    {what: 'container to container, by the address of the service', value: service, unit: 'Gbit/s'},
    {what: 'ratio to veth and bridge', value: service / plain, unit: 'x', goal: '>= 0.97'},
    {what: 'ratio to the address of the replica', value: service / replica, unit: 'x'},
  ]
}

const serverWords = () => (has('iperf3') ? ['iperf3', '-s'] : [compiled('stream'), 'serve', '5201'])
const clientWords = (host, stream) =>
  has('iperf3') ? ['iperf3', '-c', host, '-t', String(seconds), '-J'] : [stream, 'send', host, '5201', String(seconds)]
const gigabits = text => (has('iperf3') ? JSON.parse(text).end.sum_received.bits_per_second / 1e9 : Number(text.trim()))

/** Gives the address of the second. */
function rawPair() {
  const ip = (...words) => run('ip', words)
  ip('link', 'add', 'benchbr', 'type', 'bridge')
  ip('link', 'set', 'benchbr', 'up')
  for (const each of [0, 1]) {
    ip('netns', 'add', `bench${each}`)
    ip('link', 'add', `bench${each}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', `bench${each}`)
    ip('link', 'set', `bench${each}`, 'master', 'benchbr', 'up')
    ip('-n', `bench${each}`, 'address', 'add', `198.51.100.${each + 1}/24`, 'dev', 'eth0')
    ip('-n', `bench${each}`, 'link', 'set', 'eth0', 'up')
  }
  return '198.51.100.2'
}

function removePair() {
  for (const each of [0, 1]) run('ip', ['netns', 'delete', `bench${each}`])
  run('ip', ['link', 'delete', 'benchbr'])
  run('umount', ['/run/netns'])
}

function spread(stack) {
  const lines = inClient(stack, '/stream', 'count', 'web', '3000', String(connections)).trim().split('\n')
  const counts = lines.map(line => Number(line.split(' ')[0]))
  if (counts.length !== 10) throw new Error(`not all ten replicas were reached: ${lines.join(', ')}`)
  const share = connections / 10
  const value = (Math.max(...counts.map(each => Math.abs(each - share))) / share) * 100
  return {
    what: `the furthest from its share of ${connections} connections, of 10 replicas`,
    value,
    unit: '%',
    goal: '< 10',
  }
}

/** Four clients that connect all the time, 50 connections for each look at the name. */
async function failures(stack) {
  stack('scale', 'web=2')
  const ask = '/stream count web 3000 50 > /dev/null 2>> /tmp/why && echo ok || echo failed'
  const client = `while [ ! -e /tmp/end ]; do ${ask}; done >> /tmp/seen &`
  inClient(stack, 'sh', '-c', client.repeat(4))
  stack('scale', 'web=10')
  await sleep(500)
  stack('scale', 'web=2')
  inClient(stack, 'touch', '/tmp/end')
  await sleep(500)
  const seen = inClient(stack, 'cat', '/tmp/seen').trim().split('\n')
  const failed = seen.filter(each => each === 'failed').length
  if (failed > 0) console.error(inClient(stack, 'cat', '/tmp/why'))
  return {
    what: `failed of ${seen.length * 50} connections while scaling 2 -> 10 -> 2`,
    value: failed,
    unit: '',
    goal: '0',
  }
}
