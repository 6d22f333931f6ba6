// Keeps the largest files in sight. It prints and does not fail.
import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const sizes = ['src', 'native', 'test', 'scripts']
  .flatMap(room => readdirSync(join(root, room), {recursive: true}).map(name => join(room, name)))
  .filter(name => /\.(ts|mjs|cc|h|c)$/.test(name) && !name.includes('.generated.') && !name.includes('node_modules'))
  .map(name => ({name, lines: readFileSync(join(root, name), 'utf8').split('\n').length}))
  .sort((a, b) => b.lines - a.lines)
console.log(`${sizes.length} files, the largest:`)
for (const {name, lines} of sizes.slice(0, 10)) console.log(`  ${String(lines).padStart(5)} ${name}`)
