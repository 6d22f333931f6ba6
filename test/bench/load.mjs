import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {has, inTurn, median, milliseconds, root, run} from './measure.mjs'
import {requests} from './requests.mjs'

const count = 1000

/** A thousand services to read, and as many requests to answer as one nginx can. */
export async function* load() {
  yield* files()
  yield* requests()
}

/** A file of a thousand services, read, checked and thrown away; beside it what Docker's own program takes. */
async function* files() {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'))
  try {
    writeFileSync(join(directory, 'compose.yaml'), text())
    const whole = {cwd: directory}
    const rival = has('docker-compose')
    const seen = await inTurn(5, {
      ours: {go: () => run(process.execPath, [`${root}bin/stack`, 'config', '-q'], whole)},
      ...(rival && {theirs: {go: () => run('docker-compose', ['config', '-q'], whole)}}),
    })
    yield {what: `stack config -q, ${count} services, whole process`, ...milliseconds(seen.ours), goal: '< 1500'}
    if (!rival) return yield {what: 'docker-compose: apt-get install docker-compose', value: 'missing', unit: ''}
    yield {what: 'docker-compose config -q', ...milliseconds(seen.theirs)}
    yield {what: 'ours against it', value: median(seen.theirs) / median(seen.ours), unit: 'x'}
  } finally {
    rmSync(directory, {recursive: true})
  }
}

function text() {
  const services = Array.from(
    {length: count},
    (_, index) => `  s${index}:
    image: app:\${TAG:-1}
    command: serve --port 80
    environment: {INDEX: ${index}, MODE: production, URL: "http://s${(index + 1) % count}"}
    ports: ["${10_000 + index}:80"]
    volumes: ["data:/data", "./conf:/etc/app:ro"]
    labels: [a=b, c=d]
    healthcheck: {test: [CMD, "true"], interval: 5s}${index === 0 ? '' : `\n    depends_on: {s${index - 1}: {condition: service_healthy}}`}
`,
  )
  return `version: "2.4"\nservices:\n${services.join('')}volumes: {data: }\n`
}
