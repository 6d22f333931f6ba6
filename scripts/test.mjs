// npm test: installs and builds what is missing, then runs every test; those that touch the kernel on a private host.
// Two hosts share these, since they mostly wait. The last line is `N passed, N failed`.
// Arguments go to vitest: npm test -- test/e2e/hello
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {readFileSync, rmSync} from 'node:fs'
import {availableParallelism} from 'node:os'
import {join} from 'node:path'
import {prepare, root} from './prepare.mjs'
import {hasPackageLists, installMissing, updatePackageLists} from './tools.mjs'

const kernelProjects = ['conformance', 'integration', 'e2e']
const results = name => join(root, 'build', `tests-${name}.json`)

async function vitest(name, projects, chosen, host = []) {
  rmSync(results(name), {force: true})
  const words = projects.flatMap(each => ['--project', each])
  const reports = ['--reporter=default', '--reporter=json', `--outputFile.json=${results(name)}`]
  const none = chosen.length > 0 ? ['--passWithNoTests'] : []
  const command = [...host, 'npx', '--no-install', 'vitest', 'run', ...words, ...reports, ...none, ...chosen]
  const [status] = await once(spawn(command[0], command.slice(1), {cwd: root, stdio: 'inherit'}), 'exit')
  return status ?? 1
}

/** Gives the names of the runs and whether one failed. */
async function onPrivateHosts(chosen) {
  const isShared = chosen.length === 0 && availableParallelism() > 1
  const shards = isShared ? ['1/2', '2/2'] : ['1/1']
  const names = shards.map(each => `kernel-${each[0]}`)
  const ends = shards.map((each, index) =>
    vitest(names[index], kernelProjects, [...chosen, `--shard=${each}`], ['scripts/private-host']),
  )
  return {names, failed: Math.max(...(await Promise.all(ends)))}
}

/** Files that could not be run, and what is left behind, count as one failure each. */
function counts(name) {
  try {
    const {numPassedTests, numFailedTests, testResults} = JSON.parse(readFileSync(results(name), 'utf8'))
    const whole = testResults.filter(file => file.status === 'failed' && !file.assertionResults.some(isFailed)).length
    return {passed: numPassedTests, failed: numFailedTests + whole}
  } catch {
    return {passed: 0, failed: 0}
  }
}

const isFailed = ({status}) => status === 'failed'

const isRoot = process.getuid() === 0
if (isRoot) {
  installMissing({
    'g++': 'g++',
    nft: 'nftables',
    ip: 'iproute2',
    busybox: 'busybox-static',
    curl: 'curl',
    script: 'bsdutils',
  })
  // For apt:// images, whose packages are all that a private host can reach.
  if (!hasPackageLists()) updatePackageLists()
}
prepare({examples: true})
const chosen = process.argv.slice(2)
let failed = await vitest('unit', ['unit'], chosen)
const runs = ['unit']
if (isRoot) {
  const kernel = await onPrivateHosts(chosen)
  failed ||= kernel.failed
  runs.push(...kernel.names)
} else {
  console.error('\nnot run: the tests that make namespaces, bridges and mounts need root: sudo npm test')
  if (process.env.STACK_STRICT === '1') failed ||= 1
}
const all = runs.map(counts)
const sum = key => all.reduce((total, each) => total + each[key], 0)
// A run that failed without a failed test: something was left on the private host, or vitest itself ended badly.
console.log(`\n${sum('passed')} passed, ${sum('failed') || (failed === 0 ? 0 : 1)} failed`)
process.exit(failed)
