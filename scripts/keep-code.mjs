// Keeps what V8 made of a bundle while it ran some commands, for the next runs to begin with: bin/load.js.
//
//   node scripts/keep-code.mjs BUNDLE
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {basename, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {codeOf, compile, run} from '../bin/load.js'
import {standIn} from './engine-stand-in.mjs'

const [bundle] = process.argv.slice(2)
const example = fileURLToPath(new URL('../examples/hello/compose.yaml', import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'stack-code-'))
const socket = join(directory, 'engine.sock')
/** What a daemon does cannot be done here. */
const commands = {'stack.cjs': ['up -d', 'ps', 'scale web=2', 'down', 'config -q'], 'daemon.cjs': ['config -q']}

const {exit} = process
const script = compile(bundle)
try {
  await standIn(socket)
  process.env.STACK_HOST = `unix://${socket}`
  for (const command of commands[basename(bundle)]) {
    const code = await exitOf(command.split(' '))
    if (code !== 0) throw new Error(`stack ${command} ended with ${code}`)
  }
} finally {
  process.exit = exit
  rmSync(directory, {recursive: true})
}
writeFileSync(codeOf(bundle), script.createCachedData())

/** A command ends with the process, which here goes on. */
function exitOf(words) {
  process.argv = [process.execPath, 'stack', '--progress', 'plain', '-f', example, ...words]
  return new Promise(resolve => {
    process.exit = resolve
    run(script, bundle)
  })
}
