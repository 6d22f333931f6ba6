import {existsSync} from 'node:fs'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {Workplace} from '../../support/stack.ts'

/** A host of its own in which only the version 2 tree is mounted; it has no controllers, but asks programs about devices. */
const script = `set -e
ip link set lo up
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/lib/stack
umount -l /sys
for tree in /sys/fs/cgroup/*; do [ $tree = /sys/fs/cgroup/unified ] || umount -l $tree; done
stack() { "$NODE" "$STACK" "$@"; }
stack up -d 2> said
echo "== given"
stack exec -T given sh -c 'exec 2>&1; true < /dev/fs && echo read; true > /dev/fs; mknod /tun c 10 200 && cat /tun; mknod /log c 1 11; true < /log; true'
echo "== plain"
stack exec -T plain sh -c 'exec 2>&1; mknod /tun c 10 200; head -c 1 /dev/zero | wc -c; echo x > /dev/null && echo null'
echo "== privileged"
stack exec -T privileged sh -c 'exec 2>&1; true < /dev/fuse && echo opened'
echo "== said"
cat said
stack down -t 1 2>&1
`
const compose = `name: two
services:
  given:
    image: host://
    command: sleep infinity
    init: true
    network_mode: none
    devices: ["/dev/fuse:/dev/fs:r"]
    device_cgroup_rules: ["c 10:200 r"]
    mem_swappiness: 12
    oom_kill_disable: true
  plain: {image: "host://", command: sleep infinity, init: true, network_mode: none}
  privileged: {image: "host://", command: sleep infinity, init: true, network_mode: none, privileged: true}
`

let place: Workplace
beforeAll(async () => {
  place = await Workplace.make({'compose.yaml': compose, 'script.sh': script})
})
afterAll(() => place[Symbol.asyncDispose]())

test.runIf(existsSync('/sys/fs/cgroup/unified/cgroup.procs'))('devices in a version 2 tree', async () => {
  const environment = {NODE: process.execPath, STACK: place.stackProgram}
  const {code, stdout, all} = await place.run('unshare', ['--mount', '--net', 'sh', 'script.sh'], environment)
  expect(code, all).toBe(0)
  const [, given, plain, privileged, said] = stdout.split(/^== \w+\n/m)
  expect(given).toMatch(/^read\n.*\/dev\/fs: Operation not permitted\n.*bad state\n.*\/log: Operation not permitted\n$/)
  expect(plain).toMatch(/^mknod: .*Operation not permitted\n1\nnull\n$/)
  expect(privileged).toBe('opened\n')
  expect(said).toMatch(/two-given-1: mem_swappiness has no effect/)
  expect(said).toMatch(/two-given-1: oom_kill_disable has no effect/)
})
