import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {api, root, run} from './measure.mjs'

export const socket = '/run/stack/stack.sock'

/** A project of ours that is up while `action` runs, so that the daemon is there; and its API. */
export async function withProject(text, action) {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'))
  writeFileSync(join(directory, 'compose.yaml'), text)
  const stack = (...words) => {
    const options = typeof words.at(-1) === 'object' ? words.pop() : {}
    return run(process.execPath, [`${root}bin/stack`, ...words], {cwd: directory, ...options})
  }
  stack('up', '-d')
  try {
    return await action({stack, ask: api(socket), directory})
  } finally {
    stack('down', '-v', '-t', '0')
    rmSync(directory, {recursive: true})
  }
}

/** While `stack watch` looks at the project of a directory; it has said something by then. */
export async function whileWatched(directory, action) {
  const watcher = spawn(process.execPath, [`${root}bin/stack`, '--progress', 'json', 'watch', '--no-up'], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  await once(watcher.stderr, 'data')
  watcher.stderr.resume()
  try {
    return await action(watcher)
  } finally {
    watcher.kill('SIGINT')
    await once(watcher, 'exit')
  }
}

export const daemonPid = () =>
  Number(
    readdirSync('/proc').find(name => {
      try {
        return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8').endsWith('/bin/stack\0daemon\0')
      } catch {
        return false
      }
    }),
  )
