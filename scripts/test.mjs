// npm test: installs and builds what is missing, then runs every test; those that touch the kernel on a private host.
// Arguments go to vitest: npm test -- test/e2e/hello
import {spawnSync} from 'node:child_process'
import {prepare} from './prepare.mjs'

const vitest = (...words) => ['npx', '--no-install', 'vitest', 'run', ...words]
const onPrivateHost = ['conformance', 'integration', 'e2e']

function run(words) {
  const {status, signal} = spawnSync(words[0], words.slice(1), {stdio: 'inherit'})
  return signal === null ? (status ?? 1) : 1
}

prepare({examples: true})
const chosen = process.argv.slice(2)
const isRoot = process.getuid() === 0
let failed = run(vitest('--project', 'unit', ...chosen, ...(chosen.length > 0 ? ['--passWithNoTests'] : [])))
if (isRoot) {
  const projects = onPrivateHost.flatMap(name => ['--project', name])
  failed ||= run([
    'scripts/private-host',
    ...vitest(...projects, ...chosen, ...(chosen.length > 0 ? ['--passWithNoTests'] : [])),
  ])
} else {
  console.error('\nnot run: the tests that make namespaces, bridges and mounts need root: sudo npm test')
  if (process.env.STACK_STRICT === '1') failed ||= 1
}
process.exit(failed)
