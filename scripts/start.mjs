// npm start: installs and builds what is missing, brings the guestbook up, writes into it and reads it back.
// GUESTBOOK_PORT=9090 npm start takes another port than 8080.
import {spawnSync} from 'node:child_process'
import {createServer} from 'node:net'
import {prepare, root} from './prepare.mjs'
import {hasPackageLists, installMissing, isThere, updatePackageLists} from './tools.mjs'

const file = 'examples/guestbook/compose.yaml'
const firstPort = 8080
const mostPorts = 20

function say(text) {
  console.log(`\n\u203a ${text}`)
}

function stop(text) {
  console.error(`\nnpm start: ${text}`)
  process.exit(1)
}

function run(command, words, environment = {}) {
  const {status, error} = spawnSync(command, words, {
    cwd: root,
    stdio: 'inherit',
    env: {...process.env, ...environment},
  })
  if (status !== 0) stop(`"${[command, ...words].join(' ')}" failed${error === undefined ? '' : `: ${error.message}`}`)
}

/** What a program prints, or undefined where it fails. */
function ask(command, words) {
  const {status, stdout, stderr} = spawnSync(command, words, {cwd: root, encoding: 'utf8'})
  return {status, stdout: stdout ?? '', stderr: stderr ?? ''}
}

const stack = words => ['bin/stack', '-f', file, ...words]

/** Essential things that the machine lacks, as `stack doctor` finds them. */
function missing() {
  const {stdout, stderr} = ask(process.execPath, ['bin/stack', 'doctor', '--format', 'json'])
  try {
    return JSON.parse(stdout).filter(({essential, state}) => essential && state === 'missing')
  } catch {
    return stop(`stack doctor: ${stderr.trim() || stdout.trim() || 'no answer'}`)
  }
}

function makeFit() {
  const lacking = missing()
  if (lacking.length > 0) {
    stop(
      `this machine lacks\n${lacking.map(({name, detail, fix}) => `  ${name}: ${detail}\n    try: ${fix}`).join('\n')}`,
    )
  }
  if (!isThere('apt-get')) {
    stop(
      'the guestbook\u2019s database and cache are made of Debian or Ubuntu packages, and there is no apt-get here; examples/hello runs anywhere',
    )
  }
  if (!hasPackageLists()) updatePackageLists()
}

/** The one that the guestbook has already, the one that was asked for, or the first that is free. */
async function choosePort() {
  const running = /:(\d+)\s*$/m.exec(ask(process.execPath, stack(['port', 'web', '3000'])).stdout)?.[1]
  const asked = process.env.GUESTBOOK_PORT ?? running
  if (asked !== undefined) return Number(asked)
  for (let port = firstPort; port < firstPort + mostPorts; port++) {
    if (await isFree(port)) return port
    say(`port ${port} is taken by another program: trying the next one`)
  }
  return stop(`ports ${firstPort} to ${firstPort + mostPorts - 1} are all taken: GUESTBOOK_PORT=9090 npm start`)
}

function isFree(port) {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, () => server.close(() => resolve(true)))
  })
}

async function request(address, options) {
  const answer = await fetch(address, {...options, signal: AbortSignal.timeout(10_000)})
  if (!answer.ok) stop(`${options?.method ?? 'GET'} ${address} gave ${answer.status}: ${await answer.text()}`)
  return await answer.text()
}

async function tryIt(address) {
  const text = `The guestbook is open since ${new Date().toLocaleTimeString('en-GB')}`
  await request(`${address}/entries`, {
    method: 'POST',
    headers: {'content-type': 'application/json'},
    body: JSON.stringify({name: 'npm start', text}),
  })
  if (!(await request(address)).includes(text)) stop('the page does not show the entry that was just written')
}

if (process.getuid?.() !== 0)
  stop('containers need namespaces, mounts and network links, so this needs root: sudo npm start')
installMissing({'g++': 'g++', nft: 'nftables'})
prepare({examples: true})
makeFit()
const port = await choosePort()
const address = `http://127.0.0.1:${port}`
say(`stack -f ${file} up -d --wait`)
run(process.execPath, stack(['up', '-d', '--wait']), {GUESTBOOK_PORT: String(port)})
await tryIt(address)
say(`The guestbook is at ${address} (an entry was written and read back)`)
run(process.execPath, stack(['ps']))
const settings = port === firstPort ? '' : `GUESTBOOK_PORT=${port} `
const command = `sudo ${settings}bin/stack -f ${file}`
console.log(`
  more replicas   ${command} scale web=3
  its output      ${command} logs -f
  stop it         ${command} down        (-v throws the entries away)`)
