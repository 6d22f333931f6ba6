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

export const daemonPid = () =>
  Number(
    readdirSync('/proc').find(name => {
      try {
        const [, file, word] = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0')
        return /^\d+$/.test(name) && file?.endsWith('/bin/stack') && word === 'daemon'
      } catch {
        return false
      }
    }),
  )
