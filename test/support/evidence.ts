import {spawnSync} from 'node:child_process'
import {existsSync, mkdirSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {cp} from 'node:fs/promises'
import {basename, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {TestRunner} from 'vitest'

const failures = fileURLToPath(new URL('../../build/failures', import.meta.url))
const state = '/var/lib/stack'

/** What there is to see of this host, by the name of the file that it is kept in. */
const views: Readonly<Record<string, readonly string[]>> = {
  'addresses.json': ['ip', '-j', 'addr'],
  'routes.json': ['ip', '-j', 'route'],
  'ruleset.txt': ['nft', 'list', 'ruleset'],
  'processes.txt': ['ps', '-ef'],
  'namespaces.txt': ['lsns'],
  'mounts.txt': ['cat', '/proc/self/mountinfo'],
}

/**
 * Where the test that runs has failed, keeps what a person asks for first in build/failures: the transcript, the logs,
 * the records and the host as it is now. To be called before anything is cleared away.
 */
export async function keepEvidence(transcript: readonly string[]): Promise<void> {
  const test = TestRunner.getCurrentTest()
  if (test?.result?.state !== 'fail') return
  const folder = join(failures, nameOf(`${basename(test.file.name, '.test.ts')}-${test.name}`))
  rmSync(folder, {recursive: true, force: true})
  mkdirSync(folder, {recursive: true})
  writeFileSync(join(folder, 'error.txt'), (test.result.errors ?? []).map(each => `${each.stack}\n`).join('\n'))
  writeFileSync(join(folder, 'transcript.txt'), transcript.join('\n'))
  for (const [name, [command, ...words]] of Object.entries(views))
    writeFileSync(join(folder, name), see(command!, words))
  if (existsSync(join(state, 'daemon.log'))) await cp(join(state, 'daemon.log'), join(folder, 'daemon.log'))
  await keepContainers(folder)
  process.stderr.write(`what was seen when "${test.name}" failed is in ${folder}\n`)
}

/** Their records, logs and exits; not their files. */
async function keepContainers(folder: string): Promise<void> {
  const containers = join(state, 'containers')
  for (const id of existsSync(containers) ? readdirSync(containers) : []) {
    await cp(join(containers, id), join(folder, 'containers', id.slice(0, 16)), {
      recursive: true,
      filter: source => !/\/(upper|work|overlays|\.trash)$/.test(source),
    })
  }
}

function see(command: string, words: readonly string[]): string {
  const {stdout, stderr, error} = spawnSync(command, words, {encoding: 'utf8', timeout: 10_000})
  return error === undefined ? stdout + stderr : `${error}\n`
}

const nameOf = (text: string): string => text.replace(/[^\w.]+/g, '-').slice(0, 80)
