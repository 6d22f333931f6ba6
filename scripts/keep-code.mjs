// Keeps what V8 made of a bundle while it ran a command that reads, checks and prints a file, for the next runs to begin
// with: bin/load.js.
//
//   node scripts/keep-code.mjs BUNDLE
import {writeFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {codeOf, compile, run} from '../bin/load.js'

const [bundle] = process.argv.slice(2)
const example = fileURLToPath(new URL('../examples/hello/compose.yaml', import.meta.url))
const script = compile(bundle)
process.on('exit', () => writeFileSync(codeOf(bundle), script.createCachedData()))
process.argv = [process.execPath, 'stack', '-f', example, 'config', '-q']
run(script, bundle)
