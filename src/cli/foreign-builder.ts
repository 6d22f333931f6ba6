import {spawn} from 'node:child_process'
import {createReadStream} from 'node:fs'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {StackError} from '../base/error.ts'
import type {BuildOptions, BuildSpec} from '../engine/engine.ts'
import type {ImageLibrary} from '../engine/images.ts'

export const foreignBuilders = ['buildah', 'docker'] as const
export type ForeignBuilder = (typeof foreignBuilders)[number]

/** Where secrets of a build are for as long as it takes: memory. */
const memory = '/dev/shm'

/** Builds with a program that is installed, and brings what came of it into our store. Its bases are its own. */
export async function buildWith(
  program: ForeignBuilder,
  spec: BuildSpec,
  {library, progress, signal}: BuildOptions & {readonly library: ImageLibrary},
): Promise<void> {
  const {words: begin, environment} = await beginningOf(program, spec)
  const [secret, place] = [await mkdtemp(join(memory, 'stack-')), await mkdtemp(join(tmpdir(), 'stack-'))]
  const archive = join(place, 'image.tar')
  const tell = (line: string) => progress?.(line)
  const done = (words: readonly string[]) => run(program, words, {environment, tell, signal})
  try {
    await done([...begin, ...(await optionsOf(program, spec, {secret, place})), spec.context])
    if (program === 'buildah') await done(['push', '-q', spec.name, `docker-archive:${archive}:${spec.name}`])
    else await done(['save', '-o', archive, spec.name, ...spec.tags])
    for (const line of await library.load(createReadStream(archive))) tell(line)
  } finally {
    await rm(secret, {recursive: true, force: true})
    await rm(place, {recursive: true, force: true})
  }
}

type Beginning = {readonly words: readonly string[]; readonly environment: Readonly<Record<string, string>>}

/** Without buildx, docker builds as it did before BuildKit. */
async function beginningOf(program: ForeignBuilder, {secrets, ssh, contexts}: BuildSpec): Promise<Beginning> {
  if (program === 'buildah') return {words: ['bud', '--layers', '--format', 'docker'], environment: {}}
  const quiet = {environment: {}, tell: () => undefined, signal: undefined}
  const isModern = await run('docker', ['buildx', 'version'], quiet).then(
    () => true,
    error => {
      if (error instanceof StackError && error.code === 'program-not-found') throw error
      return false
    },
  )
  if (isModern) return {words: ['build', '--progress', 'plain'], environment: {DOCKER_BUILDKIT: '1'}}
  if ([secrets, ssh, contexts].some(each => Object.keys(each).length > 0)) {
    throw new StackError('unsupported', 'docker knows secrets, keys and further contexts only with buildx', {
      hint: 'install buildx, or leave --builder out',
    })
  }
  return {words: ['build'], environment: {DOCKER_BUILDKIT: '0'}}
}

type Places = {readonly secret: string; readonly place: string}

async function optionsOf(program: ForeignBuilder, spec: BuildSpec, {secret, place}: Places): Promise<string[]> {
  let file = spec.dockerfile
  if (spec.dockerfileInline !== undefined) {
    file = join(place, 'Dockerfile')
    await writeFile(file, spec.dockerfileInline)
  }
  const secrets: string[] = []
  for (const [index, [id, content]] of Object.entries(spec.secrets).entries()) {
    const path = join(secret, String(index))
    await writeFile(path, content, {mode: 0o400})
    secrets.push('--secret', `id=${id},src=${path}`)
  }
  return [
    ...['-f', file, '-t', spec.name],
    ...pairs('--build-arg', spec.args),
    ...pairs('--label', spec.labels),
    ...pairs('--ssh', spec.ssh),
    ...pairs(
      '--build-context',
      Object.fromEntries(Object.entries(spec.contexts).map(([id, each]) => [id, contextOf(each)])),
    ),
    ...(program === 'docker' ? spec.tags.flatMap(each => ['-t', each]) : []),
    ...Object.entries(spec.ulimits).flatMap(([name, {soft, hard}]) => ['--ulimit', `${name}=${soft}:${hard}`]),
    ...spec.extraHosts.flatMap(each => ['--add-host', each]),
    ...(spec.target === undefined ? [] : ['--target', spec.target]),
    ...(spec.network === undefined ? [] : ['--network', spec.network]),
    ...(spec.shmSize === undefined ? [] : ['--shm-size', String(spec.shmSize)]),
    ...(spec.noCache ? ['--no-cache'] : []),
    ...(spec.pull ? [program === 'docker' ? '--pull' : '--pull-always'] : []),
    ...secrets,
  ]
}

const pairs = (flag: string, values: Readonly<Record<string, string>>): string[] =>
  Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`])

function contextOf(context: BuildSpec['contexts'][string]): string {
  if ('path' in context) return context.path
  return 'address' in context ? context.address : `docker-image://${context.image}`
}

type Running = {
  readonly environment: Readonly<Record<string, string>>
  readonly tell: (line: string) => void
  readonly signal: AbortSignal | undefined
}

const mostSaid = 20

function run(program: string, words: readonly string[], {environment, tell, signal}: Running): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      env: {...process.env, ...environment},
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal === undefined ? {} : {signal}),
    })
    const said: string[] = []
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        for (const line of text.split('\n').filter(each => each.trim() !== '')) {
          said.push(line)
          if (said.length > mostSaid) said.shift()
          tell(line)
        }
      })
    }
    child.once('error', cause => {
      const hint = `install ${program}, or leave --builder out`
      reject(new StackError('program-not-found', `the program ${program} is not there`, {hint, cause}))
    })
    child.once('close', code => {
      if (code === 0) resolve()
      else
        reject(
          new StackError(
            'build-failed',
            `${program} ${words[0]} ended with ${code}\n${said.map(each => `  > ${each}`).join('\n')}`,
          ),
        )
    })
  })
}
