import {spawnSync} from 'node:child_process'
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type Builder, buildah, dockerd} from '../../support/builders.ts'
import {type Archived, readImage} from '../../support/image-archive.ts'
import {needs} from '../../support/needs.ts'
import {Workplace} from '../../support/stack.ts'
import {cases} from './dockerfiles.ts'

const has = (program: string) => spawnSync('which', [program]).status === 0
const peers: Record<string, Builder> = {}
let place: Workplace

/** One busybox, users, and a file with a capability. */
const base = `mkdir -p tree/bin tree/etc tree/tmp tree/dev tree/proc tree/sys tree/run tree/old/below
  cp "$(command -v busybox)" tree/bin/busybox
  for name in sh ln mkdir rm mv chmod chown touch cat echo test ls cp mkfifo stat env id; do ln -s busybox tree/bin/$name; done
  printf 'root:x:0:0::/:/bin/sh\\nuser:x:7:8::/:/bin/sh\\n' > tree/etc/passwd
  printf 'root:x:0:\\nown:x:8:\\ngroup:x:9:\\n' > tree/etc/group
  touch tree/etc/hosts tree/etc/hostname tree/etc/resolv.conf
  echo old > tree/old/file; echo below > tree/old/below/file; ln -s old tree/link; ln -s nowhere tree/dangling
  cp tree/bin/busybox tree/bin/capped; setcap cap_net_raw+ep tree/bin/capped
  chown 7:9 tree/old/below; chmod 1777 tree/tmp; chmod 4755 tree/old/file
  mkdir base; tar --xattrs --xattrs-include=security.capability --numeric-owner -C tree -cf base/base.tar .
  printf 'FROM scratch\\nADD base.tar /\\nCMD ["sh"]\\n' > base/Dockerfile`

/** What every case may copy. */
const context = `mkdir -p context/dir/sub context/empty context/logs; cd context
  echo a > a.txt; echo b > b.txt; echo c > dir/c.txt; echo d > dir/sub/d.txt; echo x > run.sh; chmod 755 run.sh; chmod 640 b.txt
  ln -s a.txt link.txt; ln -s ../a.txt dir/up.txt; ln -s nowhere dir/dangling; ln -s dir dirlink
  chmod 750 dir/sub; chown 5:6 a.txt; echo l > logs/1.log; echo k > logs/keep.log
  mkdir packed; echo p > packed/p; ln -s p packed/l; ln packed/p packed/h; chown 12:13 packed/p; chmod 600 packed/p
  tar -C packed -czf packed.tar.gz .; gzip -c a.txt > plain.gz; rm -r packed`

beforeAll(async () => {
  place = await Workplace.make({'compose.yaml': 'services: {}\n'})
  const made = await place.run('sh', ['-ec', `${base}\n(${context})`])
  if (made.code !== 0) throw new Error(made.all)
  const services: Record<string, unknown> = {base: {image: 'base:1', build: {context: './base', network: 'none'}}}
  for (const {name, dockerfile, ignore, target, args, like} of cases) {
    for (const [each, text] of [[name, dockerfile], ...(like === undefined ? [] : [[`${name}-like`, like]])] as const) {
      const directory = join(place.directory, each)
      mkdirSync(directory)
      spawnSync('cp', ['-a', `${join(place.directory, 'context')}/.`, directory])
      writeFileSync(join(directory, 'Dockerfile'), text)
      if (ignore !== undefined) writeFileSync(join(directory, '.dockerignore'), ignore)
      const build = {context: `./${each}`, network: 'none', target, args}
      services[each] = {image: `${each}:1`, network_mode: 'none', build}
    }
  }
  await place.write('compose.yaml', JSON.stringify({services}))
  if (has('buildah')) peers.buildah = buildah(place)
  if (has('dockerd') && has('docker')) peers.docker = await dockerd(place)
  const built = await place.stack('build', 'base')
  if (built.code !== 0) throw new Error(built.all)
  for (const peer of Object.values(peers)) await peer.build(join(place.directory, 'base'), 'base')
})

afterAll(async () => {
  for (const peer of Object.values(peers)) await peer.close()
  await place[Symbol.asyncDispose]()
})

const told = [
  'User',
  'Env',
  'Entrypoint',
  'Cmd',
  'WorkingDir',
  'Volumes',
  'ExposedPorts',
  'Labels',
  'StopSignal',
  'Shell',
]

/** What of a configuration says how an image runs; what is empty is not there. */
function settings({config}: Archived): Record<string, unknown> {
  const {'io.buildah.version': _, ...labels} = (config.Labels ?? {}) as Record<string, string>
  const all = [...told, 'OnBuild', 'Healthcheck'].map(key => [key, key === 'Labels' ? labels : config[key]] as const)
  const isThere = (value: unknown) => value && (typeof value !== 'object' || Object.keys(value as object).length > 0)
  return Object.fromEntries(all.filter(([, value]) => isThere(value)))
}

async function ours(name: string): Promise<Archived> {
  const built = await place.stack('build', name)
  if (built.code !== 0) throw new Error(built.all)
  const archive = join(place.directory, `${name}.ours.tar`)
  const saved = await place.stack('save', '-o', archive, `${name}:1`)
  if (saved.code !== 0) throw new Error(saved.all)
  return await readImage(archive)
}

const lines = (tree: ReadonlyMap<string, string>, differs: readonly string[] = []) =>
  [...tree]
    .filter(([path]) => path !== '.' && !differs.includes(path))
    .map(([path, line]) => `${path} ${line}`)
    .sort()

describe.each(cases)('$name', ({name, by, like, differs = {}, args = {}, target}) => {
  let own: Archived
  beforeAll(async () => {
    own = await ours(name)
  })

  if (like !== undefined)
    test('is like what other words say', async () => {
      const other = await ours(`${name}-like`)
      expect(lines(own.tree)).toEqual(lines(other.tree))
      expect(settings(own)).toEqual(settings(other))
    })

  test.for(by)('is what %s makes of it', async (which, context) => {
    needs(context, which === 'docker' ? 'dockerd' : which)
    const peer = peers[which]
    if (peer === undefined) throw new Error(`${which} was not started`)
    const words = Object.entries(args).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`])
    if (target !== undefined) words.push('--target', target)
    const theirs = await readImage(await peer.build(join(place.directory, name), name, words))
    const {paths = [], settings: others = []} = differs[which] ?? {}
    expect(lines(own.tree, paths)).toEqual(lines(theirs.tree, paths))
    const without = (all: Record<string, unknown>) =>
      Object.fromEntries(Object.entries(all).filter(([key]) => !others.includes(key)))
    expect(without(settings(own))).toEqual(without(settings(theirs)))
  })
})
