import {spawn} from 'node:child_process'
import {copyFileSync, existsSync, mkdirSync, openSync, symlinkSync} from 'node:fs'
import {has, root, run} from './measure.mjs'

const place = '/run/bench'

/** What dockerd leaves when it ends. */
const leftovers = `
  ip link delete docker0
  for name in /run/docker/netns/*; do umount $name; done
  nft flush ruleset
  rm -rf /run/docker ${place}/docker*
  find /sys/fs/cgroup -maxdepth 3 -path '*/${process.env.STACK_CGROUP_PARENT}/docker' -exec find {} -depth -type d -delete \\;
  true`

/** A root file system of one static busybox. */
export function busyboxRoot() {
  const directory = `${place}/rootfs`
  if (existsSync(directory)) return directory
  for (const name of ['bin', 'proc', 'sys', 'dev', 'etc', 'tmp']) mkdirSync(`${directory}/${name}`, {recursive: true})
  copyFileSync('/bin/busybox', `${directory}/bin/busybox`)
  for (const name of ['sh', 'sleep', 'true', 'false', 'cat', 'echo']) symlinkSync('busybox', `${directory}/bin/${name}`)
  return directory
}

/** Compiles a C program of this folder. */
export function compiled(name, ...flags) {
  const out = `${place}/${name}`
  mkdirSync(place, {recursive: true})
  run('gcc', ['-O2', ...flags, '-o', out, `${root}test/bench/${name}.c`])
  return out
}

/**
 * docker.io's daemon with everything of its own, and an image `bench` of one busybox; undefined where it is not installed.
 * `netns` is the network namespace to run it in, if not this one.
 */
export async function dockerd({netns = '/proc/self/ns/net'} = {}) {
  if (!has('dockerd') || !has('docker')) return undefined
  mkdirSync(place, {recursive: true})
  const socket = `${place}/docker.sock`
  const log = openSync(`${place}/dockerd.log`, 'a')
  const child = spawn(
    'nsenter',
    [
      `--net=${netns}`,
      'dockerd',
      '--data-root',
      `${place}/docker`,
      '--exec-root',
      `${place}/docker-exec`,
      '-H',
      `unix://${socket}`,
      '--pidfile',
      `${place}/docker.pid`,
      '--cgroup-parent',
      `/${process.env.STACK_CGROUP_PARENT}/docker`,
      '--storage-driver',
      'overlay2',
    ],
    {stdio: ['ignore', log, log], env: {...process.env, TMPDIR: place}},
  )
  const docker = (...words) =>
    run('docker', ['-H', `unix://${socket}`, ...words], {env: {...process.env, DOCKER_CONFIG: `${place}/none`}})
  for (let look = 0; ; look++) {
    try {
      docker('version')
      break
    } catch (error) {
      if (look >= 100 || child.exitCode !== null)
        throw new Error(`dockerd does not start: see ${place}/dockerd.log`, {cause: error})
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }
  run('sh', ['-c', `tar -C ${busyboxRoot()} -c . | docker -H unix://${socket} import - bench`])
  return {
    socket,
    docker,
    async stop() {
      child.kill('SIGTERM')
      await new Promise(resolve => child.once('close', resolve))
      run('nsenter', [`--net=${netns}`, 'sh', '-c', leftovers])
    },
  }
}
