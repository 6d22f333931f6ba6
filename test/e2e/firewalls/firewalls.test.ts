import {execFileSync} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, rmSync} from 'node:fs'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {needs} from '../../support/needs.ts'
import {askEngine} from '../../support/observed.ts'
import {eventually, Workplace} from '../../support/stack.ts'

const sh = (line: string): string => execFileSync('sh', ['-ec', line], {encoding: 'utf8'})
const netns = 'firewalls-outside'
const compose = `name: firewalls
services:
  web:
    image: host://
    command: [busybox, httpd, -f, -p, "80", -h, /srv]
    configs: [{source: page, target: /srv/index.html}]
    ports: ["8080:80"]
    stop_signal: SIGKILL
  client: {image: "host://", command: [sleep, infinity], stop_signal: SIGKILL}
configs: {page: {content: served}}
networks: {default: {enable_ipv6: true}}
`

let place: Workplace
/** Undone in reverse. */
let undo: Array<() => unknown>

beforeEach(async () => {
  place = await Workplace.make({'compose.yaml': compose})
  undo = [() => place[Symbol.asyncDispose]()]
  sh(`ip netns add ${netns}
    ip link add out0 type veth peer name out1 netns ${netns}
    ip address add 198.51.100.1/24 dev out0 && ip link set out0 up
    ip address add 2001:db8::1/64 dev out0 nodad && ip -n ${netns} address add 2001:db8::2/64 dev out1 nodad
    ip -n ${netns} address add 198.51.100.2/24 dev out1 && ip -n ${netns} link set out1 up`)
  undo.push(() => sh(`ip link delete out0; ip netns delete ${netns}; umount /run/netns`))
  begin('ip', 'netns', 'exec', netns, 'busybox', 'httpd', '-f', '-p', '80', '-h', '/')
})
afterEach(async () => {
  for (const each of undo.reverse()) await each()
})

type Ways = {
  readonly neighbour: boolean
  readonly names: boolean
  readonly outside: boolean
  readonly outside6: boolean
  readonly published: boolean
}

const open: Ways = {neighbour: true, names: true, outside: true, outside6: true, published: true}
/** Where the kernel shows them what is sent within a bridge, firewalls stop that too. */
const reachesNeighbour = (): boolean =>
  sh('cat /proc/sys/net/bridge/bridge-nf-call-iptables 2> /dev/null || true').trim() !== '1'

/**
 * What reaches its end, with the address of the replica for the neighbour. A link that has just come up may lose the first
 * packet of IPv6, which is sent again after a second.
 */
async function ways(): Promise<Ways> {
  const {NetworkSettings} = await askEngine<Inspected>('/containers/firewalls-web-1/json')
  const [{IPAddress} = {IPAddress: ''}] = Object.values(NetworkSettings.Networks)
  const script = `curl -sf -m1 ${IPAddress} > /dev/null && echo neighbour
    timeout 1 getent hosts web > /dev/null && echo names
    curl -s -m1 198.51.100.2 > /dev/null && echo outside
    curl -s -m3 http://[2001:db8::2]/ > /dev/null && echo outside6`
  const seen = (await place.stack('exec', '-T', 'client', 'sh', '-c', script)).stdout.split('\n')
  const {code} = await place.run('ip', ['netns', 'exec', netns, 'curl', '-sf', '-m1', 'http://198.51.100.1:8080/'])
  const has = (way: string): boolean => seen.includes(way)
  return {
    neighbour: has('neighbour'),
    names: has('names'),
    outside: has('outside'),
    outside6: has('outside6'),
    published: code === 0,
  }
}

type Inspected = {readonly NetworkSettings: {readonly Networks: Record<string, {readonly IPAddress: string}>}}

async function doctor(): Promise<Finding> {
  const findings = JSON.parse((await place.stack('doctor', '--format', 'json')).stdout) as Finding[]
  return findings.find(each => each.name === 'firewall')!
}

type Finding = {readonly name: string; readonly state: string; readonly detail: string; readonly fix?: string}

/** That nothing but `left` works beside the firewall, and that doctor's lines open all ways. */
async function isMended(detail: string, left: Partial<Ways>): Promise<void> {
  const closed = {neighbour: reachesNeighbour(), names: false, outside: false, outside6: false, published: false}
  expect(await ways()).toEqual({...closed, ...left})
  const {state, fix, ...found} = await doctor()
  expect(state).toBe('missing')
  expect(found.detail).toContain(detail)
  sh(fix!)
  expect(await ways()).toEqual(open)
  expect(await doctor()).toMatchObject({state: 'ok', detail: 'lets our networks through'})
}

const up = async (): Promise<void> => expect(await place.stack('up', '-d')).toMatchObject({code: 0})

/** A daemon until the test ends. */
function begin(command: string, ...words: string[]): void {
  const child = place.begin(command, words)
  const ended = once(child, 'exit')
  undo.push(() => {
    child.kill()
    return ended
  })
}

/** A firewall may write what it likes below this directory. */
function throwaway(directory: string): void {
  const copy = `/run/firewalls${directory}`
  sh(`mkdir -p ${copy} && cp -a ${directory}/. ${copy} && mount --bind ${copy} ${directory}`)
  undo.push(() => sh(`umount ${directory}; rm -r /run/firewalls`))
}

test('a chain of nobody that is known', async () => {
  await up()
  expect([await ways(), (await doctor()).state]).toEqual([open, 'ok'])
  sh(`nft 'table inet guard { chain fw { type filter hook forward priority 10; policy drop; }; }'`)
  undo.push(() => sh('nft delete table inet guard'))
  await isMended('table inet guard, chain fw', {names: true})
})

test.for([
  ['forward', 'type filter hook forward priority 10; policy drop;', 'drops what containers send outside'],
  [
    'input',
    'type filter hook input priority 10; policy drop; iifname out0 accept;',
    'drops what containers look for the way by',
  ],
])('a chain of IPv6 alone: %s', async ([, chain, detail]) => {
  await up()
  sh(`nft 'table ip6 guard { chain fw { ${chain} }; }'`)
  undo.push(() => sh('nft delete table ip6 guard'))
  sh('ip -6 neighbour flush all')
  await isMended(`table ip6 guard, chain fw ${detail}`, {...open, outside6: false})
})

test.for(['FORWARD', 'INPUT'])('the older ip6tables: %s', async (chain, context) => {
  needs(context, 'ip6tables-legacy')
  await up()
  sh(`ip6tables-legacy -A ${chain} -i out0 -j ACCEPT && ip6tables-legacy -P ${chain} DROP`)
  undo.push(() => sh(`ip6tables-legacy -P ${chain} ACCEPT && ip6tables-legacy -F`))
  sh('ip -6 neighbour flush all')
  await isMended(`ip6tables-legacy ${chain} drops what containers`, {...open, outside6: false})
})

test('ufw', async context => {
  needs(context, 'ufw')
  throwaway('/etc/ufw')
  sh('ufw --force enable')
  undo.push(() => sh('ufw --force disable; nft delete table ip filter; nft delete table ip6 filter'))
  await up()
  await isMended('ufw (table ip filter, chain INPUT) drops what containers ask of DNS', {})
})

test('firewalld, which lets published ports through', async context => {
  needs(context, 'firewalld', 'dbus-daemon')
  throwaway('/etc/firewalld')
  const bus = `<busconfig><type>system</type><listen>unix:path=/run/dbus/system_bus_socket</listen>
    <policy context="default"><allow user="*"/><allow own="*"/>
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/></policy></busconfig>`
  await place.write('bus.conf', bus)
  sh('mkdir -p /run/dbus')
  undo.push(() => rmSync('/run/dbus', {recursive: true}))
  begin('dbus-daemon', '--nofork', '--nopidfile', `--config-file=${place.directory}/bus.conf`)
  await eventually(() => existsSync('/run/dbus/system_bus_socket'))
  begin('firewalld', '--nofork', '--nopid')
  await eventually(async () => (await place.run('firewall-cmd', ['--state'])).code === 0)
  await up()
  await isMended('firewalld (table inet firewalld, chain filter_FORWARD)', {published: true})
})

test('docker that was there first', async context => {
  needs(context, 'dockerd', 'docker', 'iptables')
  const {dockerd} = (await import('../../bench/peers.mjs' as string)) as Peers
  sh('echo 0 > /proc/sys/net/ipv4/ip_forward')
  const peer = await dockerd()
  undo.unshift(() => peer.stop())
  undo.unshift(() => rmSync('/run/bench', {recursive: true, force: true}))
  await up()
  await isMended('docker (table ip filter, chain FORWARD)', {names: true, outside6: true})
})

type Peers = {dockerd(): Promise<{stop(): Promise<void>}>}
