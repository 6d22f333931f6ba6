// Bundles src/main.ts into dist/: one file, since each further module costs a command half a millisecond, with the code
// that V8 made of it. What a command does not need of it is neither compiled nor run. And once more with the daemon, which
// is a third of all: no other command is to read that.
import {execFileSync} from 'node:child_process'
import {cp, readFile, rename, rm} from 'node:fs/promises'
import {fileURLToPath} from 'node:url'
import {build} from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What dockerode brings along for `docker build` and for engines behind ssh: we use neither. */
const unused = /^(@grpc\/grpc-js|@grpc\/proto-loader|protobufjs|ssh2|cpu-features|tar-fs|@balena\/dockerignore)$/

/** We use it ourselves, without dockerode. */
const ignoring = '@balena/dockerignore'

/** What node has itself, what only prints for the debugging of dockerode, and TLS, which engines on a socket have no use for. */
const replaced = {
  'readable-stream': "module.exports = require('node:stream')",
  https: "module.exports = {request: (...words) => require('node:https').request(...words)}",
  debug: 'module.exports = () => () => {}',
}

/** A screen is shown where there is a terminal, whatever the environment says of CI; nobody debugs it with a browser. */
const screens = {
  name: 'screens',
  setup({onResolve, onLoad}) {
    onResolve({filter: /^(is-in-ci|\.\/devtools\.js)$/}, ({path, importer}) =>
      importer.includes('/ink/') ? {path, namespace: 'screens'} : undefined,
    )
    onLoad({filter: /.*/, namespace: 'screens'}, () => ({contents: 'export default false', loader: 'js'}))
  },
}

const lightDockerode = {
  name: 'light-dockerode',
  setup({onResolve, onLoad}) {
    onResolve({filter: unused}, ({path, importer}) =>
      importer.includes('/dockerode/') || path !== ignoring ? {path, namespace: 'unused'} : undefined,
    )
    onResolve({filter: /^zlib$/}, ({path, importer}) =>
      importer.includes('/dockerode/') ? {path, namespace: 'unused'} : undefined,
    )
    onResolve({filter: /^(readable-stream|debug|https)$/}, ({path, importer}) =>
      importer.includes('/docker-modem/') ? {path, namespace: 'replaced'} : undefined,
    )
    onResolve({filter: /^\.\/(session|buildkit)$/}, ({path, importer}) =>
      importer.includes('/dockerode/') ? {path, namespace: 'unused'} : undefined,
    )
    onLoad({filter: /.*/, namespace: 'unused'}, () => ({contents: 'module.exports = {}', loader: 'js'}))
    onLoad({filter: /.*/, namespace: 'replaced'}, ({path}) => ({contents: replaced[path], loader: 'js'}))
    onLoad({filter: /\/docker-modem\/lib\/modem\.js$/}, async ({path}) => ({contents: await withoutInspection(path)}))
  },
}

/** Every request was turned into text, sockets and all, for a debugger that is not there: milliseconds each. */
async function withoutInspection(path) {
  const text = await readFile(path, 'utf8')
  const without = text.replace(/debug\('Sending: %s', util\.inspect\([\s\S]*?\}\)\);/, '')
  if (without === text) throw new Error(`${path} is not as it was: look for what it inspects`)
  return without
}

/** Ink waits for its WebAssembly while it is loaded, which CommonJS cannot: the screen is a module of its own. */
const screenApart = {
  name: 'screen-apart',
  setup({onLoad}) {
    onLoad({filter: /\/ui\/screen\/load\.ts$/}, () => ({
      contents: "export const loadTerminal = () => importBeside('screen.mjs')",
    }))
  },
}

const daemonApart = {
  name: 'daemon-apart',
  setup({onLoad}) {
    onLoad({filter: /\/src\/daemon\/main\.ts$/}, () => ({
      contents: "export const runDaemon = () => Promise.reject(new Error('the daemon is in the other bundle'))",
    }))
  },
}

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  sourcemap: process.env.STACK_SOURCEMAP === '1' ? 'external' : false,
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'linked',
  logLevel: 'warning',
  // React for its users, not for its makers.
  define: {'process.env.NODE_ENV': '"production"', 'import.meta.url': 'placeOfThis'},
}

/** Builds beside and puts in place at the end: a build that fails leaves the last good one. */
export async function bundle(target = `${root}dist`) {
  const beside = `${target}.new`
  await rm(beside, {recursive: true, force: true})
  await Promise.all([
    bundleProgram(`${beside}/stack.cjs`, [daemonApart]),
    bundleProgram(`${beside}/daemon.cjs`, []),
    bundleScreen(`${beside}/screen.mjs`),
    bundlePage(`${beside}/page`),
  ])
  await rm(target, {recursive: true, force: true})
  await rename(beside, target)
  const daemonOptions = JSON.parse(await readFile(`${root}src/engine/api/daemon-options.json`, 'utf8'))
  for (const [name, options] of Object.entries({stack: [], daemon: daemonOptions})) {
    const words = [...options, `${root}scripts/keep-code.mjs`, `${target}/${name}.cjs`]
    execFileSync(process.execPath, words, {stdio: 'pipe'})
  }
}

async function bundleProgram(outfile, parts) {
  await build({
    ...common,
    entryPoints: ['src/main.ts'],
    outfile,
    format: 'cjs',
    banner: {js: "const placeOfThis = require('node:url').pathToFileURL(__filename).href;"},
    plugins: [...parts, lightDockerode, screenApart],
  })
}

async function bundleScreen(outfile) {
  await build({
    ...common,
    entryPoints: ['src/ui/screen/terminal.ts'],
    outfile,
    format: 'esm',
    // Packages in CommonJS ask for node's own modules by require().
    banner: {
      js: "import {createRequire} from 'node:module'; const placeOfThis = import.meta.url, require = createRequire(placeOfThis)",
    },
    plugins: [screens],
  })
}

/** What `stack ui` gives to browsers. */
async function bundlePage(target) {
  await build({
    absWorkingDir: root,
    entryPoints: {page: 'src/web/browser/main.ts'},
    outdir: target,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
  })
  await cp(`${root}src/web/assets`, target, {recursive: true})
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle()
