// Runs the benchmarks that are named, or all, and prints what they found; build/bench.json has it too.
import {writeFileSync} from 'node:fs'
import {compose} from './compose.mjs'
import {exec} from './exec.mjs'
import {scale} from './scale.mjs'
import {start} from './start.mjs'
import {startup} from './startup.mjs'

const all = {startup, start, exec, compose, scale}
const chosen = process.argv.slice(2)
const unknown = chosen.filter(name => !(name in all))
if (unknown.length > 0) {
  console.error(`no such benchmark: ${unknown.join(', ')}; there are ${Object.keys(all).join(', ')}`)
  process.exit(2)
}

const found = []
for (const [name, bench] of Object.entries(all)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue
  console.log(`\n${name}`)
  for await (const row of bench()) {
    found.push({bench: name, ...row})
    const {what, value, unit, goal} = row
    console.log(
      `  ${what.padEnd(66)} ${String(typeof value === 'number' ? Number(value.toFixed(2)) : value).padStart(9)} ${unit}${goal ? `   (goal: ${goal})` : ''}`,
    )
  }
}
writeFileSync(new URL('../../build/bench.json', import.meta.url), `${JSON.stringify(found, null, 2)}\n`)
