import {randomBytes} from 'node:crypto'
import {copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {has, inTurn, median, milliseconds, run} from './measure.mjs'
import {withProject} from './ours.mjs'

const rounds = 5
const megabytes = 130
const manyFiles = 20_000

const dockerfile = `FROM bench-base:1 AS build
WORKDIR /src
COPY package.txt .
RUN cat package.txt > installed
RUN mkdir out
COPY src ./src
RUN cat src/* > out/app
RUN wc -c out/app > out/size
FROM bench-base:1
WORKDIR /app
COPY --from=build /src/out .
RUN chmod 755 app
CMD ["sh", "app"]
`

const compose = `name: bench
services:
  keep: {image: "host://", command: sleep infinity, init: true}
  base: {image: "bench-base:1", profiles: [built], build: {context: ./base, network: none}}
  app: {image: "bench-app:1", profiles: [built], build: {context: ./app, network: none}}
  many: {image: "bench-many:1", profiles: [built], build: {context: ./many, network: none}}
`

/** Two stages of ten steps on a base of 130 MB, and a context of many files, beside `buildah bud --layers`. */
export async function* build() {
  yield* await withProject(compose, async ({stack, directory}) => {
    prepare(directory)
    const builders = {ours: ours(stack)}
    if (has('buildah')) builders.buildah = buildah(directory)
    try {
      for (const each of Object.values(builders)) {
        each.build('base')
        each.build('app')
      }
      return [...(await compared(builders, directory)), await unchanged(stack)]
    } finally {
      builders.buildah?.close()
    }
  })
}

async function compared(builders, directory) {
  const change = round => writeFileSync(join(directory, 'app/src/file-7'), `changed ${round}\n`)
  const kinds = {
    'every step': {before: () => undefined, words: ['--no-cache']},
    'nothing changed': {before: () => undefined, words: []},
    'one source file changed': {before: change, words: []},
  }
  const rows = []
  for (const [what, {before, words}] of Object.entries(kinds)) {
    const runners = Object.fromEntries(
      Object.entries(builders).map(([name, each], index) => [
        name,
        {
          go: () => each.build('app', ...words),
          // The next in turn, and the first of the next round, find the same change.
          back: round => index === Object.keys(builders).length - 1 && before(round + 1),
        },
      ]),
    )
    before(0)
    const seen = await inTurn(rounds, runners)
    const own = what === 'nothing changed' ? {goal: '< 300 ms'} : {}
    for (const [name, values] of Object.entries(seen)) {
      rows.push({
        what: `two stages of ten steps, ${what}: ${name}`,
        ...milliseconds(values),
        ...(name === 'ours' ? own : {}),
      })
    }
    if (seen.buildah !== undefined) {
      const value = median(seen.buildah) / median(seen.ours)
      rows.push({what: `  times faster than buildah`, value, unit: 'x', goal: '>= 2'})
    }
  }
  return rows
}

async function unchanged(stack) {
  stack('build', '-q', 'many')
  // Files that are younger are read again.
  await new Promise(resolve => setTimeout(resolve, 2500))
  stack('build', '-q', 'many')
  const {ours: values} = await inTurn(rounds, {ours: {go: () => stack('build', '-q', 'many')}})
  return {what: `a context of ${manyFiles} files, nothing changed`, ...milliseconds(values), goal: '< 1500 ms'}
}

const ours = stack => ({build: (name, ...words) => stack('build', '-q', ...words, name)})

function buildah(directory) {
  const at = ['--root', join(directory, 'b'), '--runroot', join(directory, 'br'), '--storage-driver', 'overlay']
  const env = {...process.env, BUILDAH_ISOLATION: 'chroot', TMPDIR: directory, HOME: directory}
  const words = ['bud', '-q', '--layers', '--network', 'none']
  return {
    build: (name, ...more) =>
      run('buildah', [...at, ...words, ...more, '-t', `bench-${name}:1`, join(directory, name)], {env}),
    close: () => run('sh', ['-c', `umount -l ${directory}/b/overlay; rm -rf ${directory}/b ${directory}/br; true`]),
  }
}

function prepare(directory) {
  const tree = join(directory, 'tree')
  for (const name of ['bin', 'lib', 'tmp', 'proc', 'sys', 'dev', 'etc', 'run']) {
    mkdirSync(join(tree, name), {recursive: true})
  }
  copyFileSync('/bin/busybox', join(tree, 'bin/busybox'))
  for (const name of ['sh', 'cat', 'mkdir', 'wc', 'chmod']) symlinkSync('busybox', join(tree, 'bin', name))
  const piece = 65_536
  for (let index = 0; index < (megabytes << 20) / piece; index++) {
    writeFileSync(join(tree, 'lib', `file-${index}`), randomBytes(piece))
  }
  mkdirSync(join(directory, 'base'))
  run('tar', ['-C', tree, '-cf', join(directory, 'base/base.tar'), '.'])
  rmSync(tree, {recursive: true})
  writeFileSync(join(directory, 'base/Dockerfile'), 'FROM scratch\nADD base.tar /\n')
  mkdirSync(join(directory, 'app/src'), {recursive: true})
  writeFileSync(join(directory, 'app/Dockerfile'), dockerfile)
  writeFileSync(join(directory, 'app/package.txt'), 'packages\n')
  for (let index = 0; index < 50; index++) writeFileSync(join(directory, 'app/src', `file-${index}`), `file ${index}\n`)
  for (let index = 0; index < manyFiles; index++) {
    const folder = join(directory, 'many', `folder-${index % 200}`)
    if (index < 200) mkdirSync(folder, {recursive: true})
    writeFileSync(join(folder, `file-${index}`), `file ${index}\n`)
  }
  writeFileSync(join(directory, 'many/Dockerfile'), 'FROM scratch\nCOPY . /all\n')
}
