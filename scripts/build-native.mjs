// Builds build/stack-monitor and build/stack.node; what is up to date stays. Prebuilt ones in prebuilds/linux-ARCH come
// first. Where there is neither a prebuilt nor a compiler it says so and ends well, so that an install never fails here.
import {execFile, spawnSync} from 'node:child_process'
import {copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, statSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const jobs = 2
const warnings = ['-std=c++20', '-Wall', '-Wextra', '-Werror', '-ffunction-sections', '-fdata-sections']
const headers = ['node-addon-api', 'node-api-headers/include'].flatMap(each => ['-isystem', `node_modules/${each}`])

const targets = [
  {
    name: 'stack-monitor',
    folders: ['monitor', 'overlay'],
    compile: [...warnings, '-Os', '-fPIE'],
    // Position-independent: a plain static one sorts all unwind tables at its first exception.
    link: ['-static-pie', '-s', '-Wl,--gc-sections'],
  },
  {
    name: 'stack.node',
    folders: ['addon', 'bpf', 'netlink', 'namespaces', 'mounts', 'extract', 'overlay'],
    compile: [...warnings, '-O2', '-fPIC', '-DNAPI_VERSION=8', ...headers],
    link: ['-shared', '-fPIC', '-s', '-static-libstdc++', '-static-libgcc', '-Wl,--gc-sections'],
  },
]

/** Objects and programs of one flavour: the sanitizers' build is the same with other flags and another folder. */
export async function buildTarget(target, {folder = 'build', more = []} = {}) {
  const out = join(root, folder, target.name)
  const sources = target.folders.flatMap(each => filesIn(`native/${each}`, '.cc'))
  const newestHeader = newest([...target.folders, 'base'].flatMap(each => filesIn(`native/${each}`, '.h')))
  const objects = sources.map(source => ({
    source,
    object: join(folder, 'objects', `${target.name}-${source.replaceAll('/', '-')}.o`),
  }))
  mkdirSync(join(root, folder, 'objects'), {recursive: true})
  const stale = objects.filter(({source, object}) => age(object) < Math.max(age(source), newestHeader))
  await inParallel(stale, ({source, object}) => compiler([...target.compile, ...more, '-c', source, '-o', object]))
  const names = objects.map(each => each.object)
  if (stale.length === 0 && age(join(folder, target.name)) >= newest(names)) return false
  await compiler([...names, ...target.link, ...more, '-o', `${out}.new`])
  renameSync(`${out}.new`, out)
  return true
}

const compiler = args => promisify(execFile)('g++', args, {cwd: root})
const age = path => statSync(join(root, path), {throwIfNoEntry: false})?.mtimeMs ?? 0
const newest = paths => Math.max(0, ...paths.map(age))

function filesIn(folder, ending) {
  const path = join(root, folder)
  if (!statSync(path, {throwIfNoEntry: false})?.isDirectory()) return []
  return readdirSync(path)
    .filter(each => each.endsWith(ending))
    .map(each => `${folder}/${each}`)
}

async function inParallel(items, action) {
  const queue = [...items]
  const work = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await action(item)
  }
  await Promise.all(Array.from({length: jobs}, work))
}

/** Takes the prebuilt one over where it is there and, for the addon, this Node can load it. */
function takePrebuilt({name}) {
  const prebuilt = join(root, 'prebuilds', `linux-${process.arch}`, name)
  if (!existsSync(prebuilt)) return false
  const load = `process.dlopen({exports: {}}, ${JSON.stringify(prebuilt)})`
  if (name.endsWith('.node') && spawnSync(process.execPath, ['-e', load]).status !== 0) return false
  mkdirSync(join(root, 'build'), {recursive: true})
  copyFileSync(prebuilt, join(root, 'build', name))
  return true
}

const hasCompiler = () => spawnSync('g++', ['--version']).status === 0

async function main() {
  const missing = targets.filter(each => !takePrebuilt(each))
  if (missing.length > 0 && !hasCompiler()) {
    const absent = missing.map(each => `build/${each.name}`).filter(each => !existsSync(join(root, each)))
    if (absent.length === 0) return
    console.error(`build-native: ${absent.join(' and ')} cannot be built: there is no g++ here`)
    console.error('  try: apt-get install g++, then npm run build:native')
    return
  }
  for (const target of missing) {
    const wasBuilt = await buildTarget(target)
    console.log(`build/${target.name}: ${wasBuilt ? 'built' : 'up to date'}`)
  }
}

export const monitorTarget = targets[0]

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main().catch(error => {
    console.error(error.stderr ?? error)
    process.exitCode = 1
  })
}
