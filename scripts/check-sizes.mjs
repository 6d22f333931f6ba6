// Keeps the largest files and functions in sight. It prints and does not fail.
import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const notFunctions = /^(if|for|while|switch|catch|return|else|do|try|function|namespace|struct|class)$/
const files = ['src', 'native', 'test', 'scripts']
  .flatMap(room => readdirSync(join(root, room), {recursive: true}).map(name => join(room, name)))
  .filter(name => /\.(ts|mjs|cc|h|c)$/.test(name) && !name.includes('.generated.') && !name.includes('node_modules'))
  .map(name => ({name, lines: readFileSync(join(root, name), 'utf8').trimEnd().split('\n')}))

report(
  'files',
  files.map(({name, lines}) => ({name, size: lines.length})),
)
report(
  'functions of src and native',
  files.filter(({name}) => /^(src|native)/.test(name)).flatMap(({name, lines}) => functions(name, lines)),
)

/**
 * By indentation, which the formatter sees to: from the line that opens a body to the one that closes it. Blocks inside
 * a function, classes, types and tables of data are none.
 */
function functions(file, lines) {
  const found = []
  lines.forEach((line, at) => {
    const name = named(line)
    if (name === undefined) return
    const indent = line.match(/^ */)[0]
    const length = lines.slice(at).findIndex((each, offset) => offset > 0 && each.startsWith(`${indent}}`))
    if (length > 0) found.push({name: `${file}:${at + 1} ${name}`, size: length + 1})
  })
  return found
}

function named(line) {
  const match =
    line.match(/^(?:export )?(?:default )?(?:async )?function\*? (\w+)/) ??
    line.match(/^(?:export )?const (\w+) = .*=> [{(]$/) ??
    line.match(/^ {2}(?:static |async |override |get |set )*\*?([#\w]+)(?:<[^(]*>)?\(.*\{$/) ??
    line.match(/^(?:[\w:<>,*& ]+ )[*&]?(?:\w+::)*(\w+)\(.*\{$/)
  return match && !notFunctions.test(match[1]) ? match[1] : undefined
}

function report(what, sizes) {
  const sorted = sizes.sort((a, b) => b.size - a.size)
  const median = sorted[Math.floor(sorted.length / 2)]?.size
  console.log(`${sorted.length} ${what}, median ${median} lines; the largest:`)
  for (const {name, size} of sorted.slice(0, 10)) console.log(`  ${String(size).padStart(5)} ${name}`)
}
