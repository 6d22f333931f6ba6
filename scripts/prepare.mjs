// What a fresh clone lacks: packages, the native parts, the bundle. Each is made only where it is missing or out of date.
import {spawnSync} from 'node:child_process'
import {existsSync, readdirSync, statSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

function run(command, words, cwd = root) {
  const {status} = spawnSync(command, words, {cwd, stdio: 'inherit'})
  if (status !== 0) {
    console.error(`stack: "${command} ${words.join(' ')}" failed`)
    process.exit(1)
  }
}

const newest = directory =>
  readdirSync(directory, {recursive: true}).reduce(
    (latest, name) => Math.max(latest, statSync(join(directory, name)).mtimeMs),
    0,
  )

/** `npm ci` builds the native parts and the bundle too (its `prepare` script). */
export function prepare({examples = false} = {}) {
  if (!existsSync(join(root, 'node_modules/.package-lock.json'))) run('npm', ['ci', '--no-fund', '--no-audit'])
  run(process.execPath, ['scripts/build-native.mjs'])
  const bundle = join(root, 'dist/stack.cjs')
  if (!existsSync(bundle) || statSync(bundle).mtimeMs < newest(join(root, 'src')))
    run(process.execPath, ['scripts/build.mjs'])
  const web = join(root, 'examples/guestbook/web')
  if (examples && existsSync(web) && !existsSync(join(web, 'node_modules')))
    run('npm', ['ci', '--no-fund', '--no-audit'], web)
}
