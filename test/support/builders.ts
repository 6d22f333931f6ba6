import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {openSync} from 'node:fs'
import {join} from 'node:path'
import type {Workplace} from './stack.ts'

/** Another program that builds `directory` and gives what came of it as an archive. */
export type Builder = {
  build(directory: string, name: string, more?: readonly string[]): Promise<string>
  close(): Promise<void>
}

async function well(place: Workplace, command: string, words: readonly string[], environment = {}): Promise<void> {
  const {code, all} = await place.run(command, words, environment, 120)
  if (code !== 0) throw new Error(`${command} ${words.join(' ')}: ${all}`)
}

export function buildah(place: Workplace): Builder {
  const at = [
    '--root',
    join(place.directory, 'b'),
    '--runroot',
    join(place.directory, 'br'),
    '--storage-driver',
    'overlay',
  ]
  const environment = {BUILDAH_ISOLATION: 'chroot', TMPDIR: place.directory, HOME: place.directory}
  return {
    async build(directory, name, more = []) {
      const archive = join(place.directory, `${name}.buildah.tar`)
      await well(
        place,
        'buildah',
        [...at, 'bud', '--layers', '--format', 'docker', '--network', 'none', '-t', `${name}:1`, ...more, directory],
        environment,
      )
      await well(
        place,
        'buildah',
        [...at, 'push', '-q', `localhost/${name}:1`, `docker-archive:${archive}`],
        environment,
      )
      return archive
    },
    async close() {
      await place.run('sh', [
        '-c',
        `umount -l ${join(place.directory, 'b/overlay')}; rm -rf ${join(place.directory, 'b')} ${join(place.directory, 'br')}; true`,
      ])
    },
  }
}

/** A daemon of its own, without a network; `environment` leads its client there. */
export async function dockerd(
  place: Workplace,
): Promise<Builder & {readonly environment: Readonly<Record<string, string>>}> {
  const at = (name: string) => join(place.directory, name)
  const socket = at('docker.sock')
  const log = openSync(at('dockerd.log'), 'a')
  const words = ['--data-root', at('d'), '--exec-root', at('dx'), '-H', `unix://${socket}`, '--pidfile', at('d.pid')]
  const none = ['--bridge', 'none', '--iptables=false', '--ip6tables=false', '--storage-driver', 'overlay2']
  const parent = `/${process.env.STACK_CGROUP_PARENT ?? 'stack-test'}/docker`
  const child: ChildProcess = spawn('dockerd', [...words, ...none, '--cgroup-parent', parent], {
    stdio: ['ignore', log, log],
    env: {...process.env, TMPDIR: place.directory},
  })
  const environment = {DOCKER_CONFIG: at('none'), DOCKER_BUILDKIT: '0', DOCKER_HOST: `unix://${socket}`}
  for (let look = 0; (await place.run('docker', ['version'], environment)).code !== 0; look++) {
    if (look >= 100 || child.exitCode !== null) throw new Error(`dockerd does not start: see ${at('dockerd.log')}`)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  return {
    environment,
    async build(directory, name, more = []) {
      await well(
        place,
        'docker',
        ['build', '-q', '--network', 'none', '-t', `${name}:1`, ...more, directory],
        environment,
      )
      await well(place, 'docker', ['save', '-o', at(`${name}.docker.tar`), `${name}:1`], environment)
      return at(`${name}.docker.tar`)
    },
    async close() {
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'close')
      const cgroups = `find /sys/fs/cgroup/ -maxdepth 4 -path '*${parent}' -exec find {} -depth -type d -delete \\;`
      const mounts = `for name in /run/docker/netns/*; do umount $name; done; rm -rf /run/docker ${at('d')} ${at('dx')}`
      await place.run('sh', ['-c', `${cgroups}\n${mounts}\ntrue`])
    },
  }
}
