// Holds the directions of docs/architecture.md: which room may import from which, who alone may use a library, and
// which files are pure.
import {readdirSync, readFileSync} from 'node:fs'
import {dirname, join, relative, resolve} from 'node:path'
import {fileURLToPath} from 'node:url'

const root = fileURLToPath(new URL('../src', import.meta.url))

/** What each room may import from, beside itself. */
const rooms = {
  base: [],
  model: ['base'],
  spec: ['base', 'model'],
  registry: ['base'],
  engine: ['base', 'model', 'registry', 'version'],
  plan: ['base', 'model', 'engine', 'version'],
  execute: ['base', 'model', 'engine', 'plan'],
  dev: ['base', 'model', 'engine', 'plan', 'execute'],
  web: ['base', 'model', 'engine', 'plan', 'execute'],
  ui: ['base', 'model', 'spec', 'engine', 'plan', 'execute', 'dev'],
  cli: ['base', 'model', 'spec', 'plan', 'engine', 'execute', 'dev', 'web', 'ui', 'version', 'registry', 'runtime'],
  native: ['base'],
  runtime: ['base', 'model', 'native', 'registry'],
  builder: ['base', 'model', 'runtime'],
  daemon: ['base', 'builder', 'model', 'registry', 'runtime', 'version'],
  main: ['base', 'cli', 'ui', 'version'],
  version: [],
}

/** Files that may reach further, and to what. */
const exceptions = {
  'cli/commands/daemon.ts': ['daemon'],
}

/** Only of the runtime, for the command line: where things are. */
const reachable = {cli: {runtime: ['runtime/paths.ts']}}

/** Libraries with one importer. */
const owners = {
  yaml: 'spec',
  ajv: 'spec',
  listr2: 'ui',
  ink: 'ui/screen',
  react: 'ui/screen',
  dockerode: 'engine/api',
  'dns-packet': 'daemon/dns',
  picocolors: 'ui',
}

/** Rooms and files that must give the same for the same, and the node modules that are pure. */
const pure = [
  /^spec\/(?!read)/,
  /^plan\//,
  /^builder\/dockerfile\//,
  /^web\/page\//,
  /rules\.ts$/,
  /^dev\/offers\.ts$/,
  /^ui\/screen\/(?!terminal)/,
  /runtime\/container\/steps\.ts$/,
  /daemon\/(restart|health)\.ts$/,
  /dns\/answer\.ts$/,
]
const pureModules = new Set(['node:path', 'node:path/posix', 'node:util', 'node:buffer'])

const problems = []
const roomOf = file => file.split('/')[0].replace(/\.ts$/, '')
const files = readdirSync(root, {recursive: true}).filter(name => name.endsWith('.ts') && !name.endsWith('.d.ts'))
for (const file of files) check(file, readFileSync(join(root, file), 'utf8'))
for (const problem of problems) console.error(problem)
console.log(`${files.length} files, ${problems.length} wrong imports`)
process.exitCode = problems.length > 0 ? 1 : 0

function check(file, text) {
  const isPure = pure.some(pattern => pattern.test(file))
  for (const [, typeOnly, name] of text.matchAll(
    /(?:import|export)\s+(type\s)?[^'"`;]*?from\s+'([^']+)'|import\('([^']+)'\)/g,
  )) {
    const target = name ?? ''
    if (target.startsWith('.')) checkRoom(file, relative(root, resolve(root, dirname(file), target)))
    else checkLibrary(file, target, Boolean(typeOnly), isPure)
  }
  for (const [, target] of text.matchAll(/import\('(\.[^']+)'\)/g))
    checkRoom(file, relative(root, resolve(root, dirname(file), target)))
  const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
  if (isPure && /\b(process\.|Date\.now|new Date\()/.test(code))
    problems.push(`${file}: pure, but asks for the time or the process`)
  if (!file.startsWith('ui/') && /\\x1b|\\u001b|\\e\[/.test(code))
    problems.push(`${file}: escape codes belong to src/ui`)
}

function checkRoom(file, target) {
  const [from, to] = [roomOf(file), roomOf(target)]
  if (from === to || target.startsWith('..')) return
  const allowed = rooms[from]?.includes(to) || exceptions[file]?.includes(to)
  const narrow = reachable[from]?.[to]
  if (!allowed || (narrow && !narrow.includes(target))) problems.push(`${file}: may not import ${target}`)
}

function checkLibrary(file, name, typeOnly, isPure) {
  if (isPure && name.startsWith('node:') && !pureModules.has(name) && !typeOnly)
    problems.push(`${file}: pure, but imports ${name}`)
  const owner = Object.entries(owners).find(([library]) => name === library || name.startsWith(`${library}/`))?.[1]
  if (owner && !file.startsWith(owner) && !typeOnly) problems.push(`${file}: ${name} belongs to src/${owner}`)
}
