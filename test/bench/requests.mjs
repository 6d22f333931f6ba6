import {mkdirSync, writeFileSync} from 'node:fs'
import {setTimeout as sleep} from 'node:timers/promises'
import {has, median, run} from './measure.mjs'
import {withProject} from './ours.mjs'
import {dockerd} from './peers.mjs'

const rounds = 9
const outside = 'benchout'
const conf = '/run/bench/nginx.conf'

const words = ['nginx', '-c', '/bench.conf', '-g', 'daemon off;']
const service = `
    image: apt://nginx
    command: ${JSON.stringify(words)}
    volumes: ["${conf}:/bench.conf:ro"]`
const project = `name: bench
services:
  web:${service}
    ports: ["8080:80"]
  bare:${service}
    network_mode: none
`

/** One nginx behind a published port of three machines in turn, asked by a fourth that has a cable to each. */
export async function* requests() {
  if (!has('wrk')) return yield {what: 'wrk: apt-get install wrk', value: 'missing', unit: ''}
  mkdirSync('/run/bench', {recursive: true})
  writeFileSync(conf, nginx)
  run('ip', ['netns', 'add', outside])
  const hosts = {ours: cable(0), hand: cable(1, 'benchhand'), docker: cable(2, 'benchdock')}
  let docker
  try {
    docker = await dockerd({netns: '/run/netns/benchdock'})
    if (!docker) delete hosts.docker
    const seen = await withProject(project, async ({ask}) => {
      const {State} = await ask('GET', '/containers/bench-bare-1/json')
      byHand(State.Pid)
      if (docker) byDocker(docker, `/proc/${State.Pid}/root`)
      for (const host of Object.values(hosts)) await untilServing(host)
      return {kept: measured(hosts, []), fresh: measured(hosts, ['-H', 'Connection: close'])}
    })
    yield* rows('keep-alive', seen.kept, '>= 0.95')
    yield* rows('a connection each', seen.fresh)
    if (!docker) yield {what: 'docker: apt-get install docker.io', value: 'missing', unit: ''}
  } finally {
    await docker?.stop()
    for (const name of [outside, 'benchhand', 'benchdock']) run('sh', ['-c', `ip netns delete ${name}; true`])
    run('umount', ['/run/netns'])
  }
}

const nginx = `user root;
worker_processes 1;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 1000000000;
  server { listen 80 reuseport; location / { return 200 "hello\\n"; } }
}
`

/** From outside to this host, or to one of its own; gives that end's address. */
function cable(number, netns) {
  const [ours, theirs] = [`198.18.${number}.1`, `198.18.${number}.2`]
  if (netns) run('ip', ['netns', 'add', netns])
  const here = netns ? ['-n', netns] : []
  run('ip', [...here, 'link', 'add', `cable${number}`, 'type', 'veth', 'peer', 'name', `to${number}`, 'netns', outside])
  run('ip', [...here, 'address', 'add', `${ours}/24`, 'dev', `cable${number}`])
  run('ip', [...here, 'link', 'set', `cable${number}`, 'up'])
  run('ip', ['-n', outside, 'address', 'add', `${theirs}/24`, 'dev', `to${number}`])
  run('ip', ['-n', outside, 'link', 'set', `to${number}`, 'up'])
  return ours
}

/**
 * The least that somebody would write for a container that has no network: a bridge, a veth, a rule for the port and one
 * for the way out. So the programs are confined in the same way, and the networks alone differ.
 */
function byHand(pid) {
  const script = `
    ip link add br0 type bridge
    ip address add 10.9.0.1/24 dev br0
    ip link set br0 up
    ip link add web0 type veth peer name eth0 netns ${pid}
    ip link set web0 master br0 up
    echo 1 > /proc/sys/net/ipv4/ip_forward
    nft 'table ip hand {
      chain prerouting { type nat hook prerouting priority -100; tcp dport 8080 dnat to 10.9.0.2:80; }
      chain postrouting { type nat hook postrouting priority 100; ip saddr 10.9.0.0/24 oifname != "br0" masquerade; }
    }'`
  const inside = `
    ip address add 10.9.0.2/24 dev eth0
    ip link set eth0 up
    ip route add default via 10.9.0.1`
  run('nsenter', ['--net=/run/netns/benchhand', 'sh', '-ec', script])
  run('nsenter', [`--net=/proc/${pid}/ns/net`, 'sh', '-ec', inside])
}

function byDocker({docker, socket}, rootfs) {
  run('sh', ['-c', `tar -C ${rootfs} --one-file-system -c . | docker -H unix://${socket} import - bench-nginx`])
  docker('run', '-d', '--name', 'web', '-p', '8080:80', '-v', `${conf}:/bench.conf:ro`, 'bench-nginx', ...words)
}

const wrk = (host, more) =>
  run('ip', ['netns', 'exec', outside, 'wrk', '-t1', '-c32', '-d1s', ...more, `http://${host}:8080/`])

/** Requests each second, of each host, by the round. */
function measured(hosts, more) {
  const seen = Object.fromEntries(Object.keys(hosts).map(name => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, host] of Object.entries(hosts)) seen[name].push(rateOf(wrk(host, more)))
  }
  return seen
}

function rateOf(text) {
  if (/Non-2xx|Socket errors: connect [^0]/.test(text)) throw new Error(`wrk: ${text}`)
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(text)[1])
}

async function untilServing(host) {
  const ask = ['netns', 'exec', outside, 'curl', '-sf', '-m1', '-o', '/dev/null', `http://${host}:8080/`]
  for (let look = 0; ; look++) {
    try {
      return run('ip', ask)
    } catch (error) {
      if (look >= 50) throw error
      await sleep(100)
    }
  }
}

function* rows(how, {ours, hand, docker}, goal) {
  yield {what: `nginx by a published port, ${how}`, value: median(ours), unit: '/s'}
  yield {what: 'by a DNAT rule, veth and bridge made by hand', value: median(hand), unit: '/s'}
  yield {what: 'ratio, the median of those of the rounds', value: ratio(ours, hand), unit: 'x', goal}
  if (!docker) return
  yield {what: "by docker's published port", value: median(docker), unit: '/s'}
  yield {what: 'ratio, the median of those of the rounds', value: ratio(ours, docker), unit: 'x'}
}

const ratio = (ours, theirs) => median(ours.map((each, round) => each / theirs[round]))
