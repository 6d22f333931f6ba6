// Runs the benchmarks that are named, or all, and prints what they found; build/bench.json has it too.
import {writeFileSync} from 'node:fs'
import {cpus, loadavg, release} from 'node:os'
import {build} from './build.mjs'
import {compose} from './compose.mjs'
import {dns} from './dns.mjs'
import {exec} from './exec.mjs'
import {load} from './load.mjs'
import {pull} from './pull.mjs'
import {scale} from './scale.mjs'
import {services} from './services.mjs'
import {start} from './start.mjs'
import {startup} from './startup.mjs'
import {watch} from './watch.mjs'

const all = {startup, load, start, exec, compose, scale, services, dns, watch, build, pull}
const chosen = process.argv.slice(2)
const unknown = chosen.filter(name => !(name in all))
if (unknown.length > 0) {
  console.error(`no such benchmark: ${unknown.join(', ')}; there are ${Object.keys(all).join(', ')}`)
  process.exit(2)
}

const machine = {cpu: cpus()[0].model, cpus: cpus().length, kernel: release(), node: process.version}
console.log(`${machine.cpus} x ${machine.cpu}, Linux ${machine.kernel}, Node ${machine.node}, load ${loadAverage()}`)
const found = []
for (const [name, bench] of Object.entries(all)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue
  console.log(`\n${name}   (load ${loadAverage()})`)
  for await (const row of bench()) {
    found.push({bench: name, ...row})
    console.log(line(row))
  }
}
writeFileSync(new URL('../../build/bench.json', import.meta.url), `${JSON.stringify({machine, found}, null, 2)}\n`)

function line({what, value, least, unit, goal}) {
  const figure = typeof value === 'number' ? value.toFixed(unit === 'kB' ? 0 : 2) : value
  const notes = [least !== undefined && `least ${least.toFixed(2)}`, goal && `goal ${goal}`].filter(Boolean)
  return `  ${what.padEnd(66)} ${figure.padStart(9)} ${unit}${notes.length > 0 ? `   (${notes.join('; ')})` : ''}`
}

/** Figures of a machine that does something else too are worth less. */
function loadAverage() {
  return loadavg()[0].toFixed(1)
}
