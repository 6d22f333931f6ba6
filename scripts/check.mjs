// npm run check: what can be known of a change in under 20 seconds.
import {spawn} from 'node:child_process'
import {performance} from 'node:perf_hooks'

const checks = [
  ['format and lint', 'npx', ['--no-install', 'biome', 'check', '.']],
  ['types', 'npx', ['--no-install', 'tsc', '--noEmit', '-p', '.']],
  ['types of the page', 'npx', ['--no-install', 'tsc', '--noEmit', '-p', 'src/web/browser']],
  ['import directions', process.execPath, ['scripts/check-imports.mjs']],
  ['unit tests', 'npx', ['--no-install', 'vitest', 'run', '--project', 'unit']],
  ['sizes', process.execPath, ['scripts/check-sizes.mjs']],
]

function run([name, command, words]) {
  const began = performance.now()
  return new Promise(resolve => {
    const child = spawn(command, words, {stdio: ['ignore', 'pipe', 'pipe'], env: {...process.env, NO_COLOR: '1'}})
    let text = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (text += chunk))
    child.on('close', code => resolve({name, ok: code === 0, text, seconds: (performance.now() - began) / 1000}))
  })
}

const began = performance.now()
const results = []
// The light ones beside each other, then the tests: two cores are enough to keep it short.
results.push(...(await Promise.all(checks.slice(0, 4).map(run))))
for (const each of checks.slice(4)) results.push(await run(each))
for (const {name, ok, text, seconds} of results) {
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds.toFixed(1)} s)`)
  if (!ok || name === 'sizes') console.log(text.trimEnd())
}
console.log(`${((performance.now() - began) / 1000).toFixed(1)} s in all`)
process.exitCode = results.every(each => each.ok) ? 0 : 1
