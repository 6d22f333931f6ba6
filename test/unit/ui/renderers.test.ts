import {stripVTControlCharacters} from 'node:util'
import {expect, test} from 'vitest'
import {chooseRenderer} from '../../../src/ui/choose.ts'
import type {Renderer} from '../../../src/ui/renderer.ts'
import {createStyle} from '../../../src/ui/style.ts'
import {ttyRenderer} from '../../../src/ui/tty.ts'
import {Sink} from './sink.ts'

const style = createStyle(false)

/** What happened once when two containers were started and one of them could not be. */
async function replay(renderer: Renderer): Promise<void> {
  renderer.begin('up', ['Network shop_default', 'Container shop-web-1', 'Container shop-db-1'])
  renderer.tell({id: 'Network shop_default', text: 'Creating', status: 'working'})
  renderer.tell({id: 'Network shop_default', text: 'Created', status: 'done'})
  renderer.tell({id: 'Container shop-web-1', text: 'Starting', status: 'working', details: 'layer 1/3'})
  renderer.note('warning', 'found an orphan')
  renderer.tell({id: 'Container shop-web-1', text: 'Started', status: 'done'})
  renderer.tell({id: 'Container shop-db-1', text: 'Error', status: 'error', details: 'no such program'})
  await renderer.end()
  renderer.note('error', 'it did not work')
}

async function record(mode: 'auto' | 'plain' | 'json' | 'quiet'): Promise<string> {
  const [stdout, stderr] = [new Sink(), new Sink()]
  await replay(await chooseRenderer(mode, {stdout: stdout.terminal, stderr: stderr.terminal, style}))
  expect(stdout.text).toBe('')
  return stderr.text
}

test('plain has a line for each thing that happens', async () => {
  expect(await record('plain')).toMatchInlineSnapshot(`
    " Network shop_default  Creating
     Network shop_default  Created
     Container shop-web-1  Starting  layer 1/3
    warning: found an orphan
     Container shop-web-1  Started
     Container shop-db-1  Error  no such program
    error: it did not work
    "
  `)
})

test('auto is plain where there is no terminal', async () => {
  expect(await record('auto')).toBe(await record('plain'))
})

test.each([
  [0, false],
  [80, true],
])('a terminal that is %i wide is redrawn: %s', async (columns, redrawn) => {
  const stderr = Object.assign(new Sink(), {isTTY: true, columns})
  await replay(await chooseRenderer('auto', {stdout: new Sink().terminal, stderr: stderr.terminal, style}))
  expect(stderr.text.includes('[+] up')).toBe(redrawn)
})

test('json has an object for each', async () => {
  const lines = (await record('json')).trimEnd().split('\n')
  expect(lines.map(line => JSON.parse(line))).toEqual([
    {id: 'Network shop_default', text: 'Creating', status: 'Working'},
    {id: 'Network shop_default', text: 'Created', status: 'Done'},
    {id: 'Container shop-web-1', text: 'Starting', status: 'Working', details: 'layer 1/3'},
    {warning: true, message: 'found an orphan'},
    {id: 'Container shop-web-1', text: 'Started', status: 'Done'},
    {id: 'Container shop-db-1', text: 'Error', status: 'Error', details: 'no such program'},
    {error: true, message: 'it did not work'},
  ])
})

test('quiet says only what went wrong', async () => {
  expect(await record('quiet')).toBe('error: it did not work\n')
})

test('a terminal gets a line for each thing, with its time, and the count above', async () => {
  const [stdout, stderr] = [new Sink(), new Sink()]
  await replay(ttyRenderer({stdout: stdout.terminal, stderr: stderr.terminal}, style, () => 0))
  const lines = stripVTControlCharacters(stderr.text).split(/\r?\n/)
  const last = lines.slice(lines.findLastIndex(line => line.includes('[+] up')))
  expect(last.map(line => line.trim()).filter(Boolean)).toEqual([
    expect.stringContaining('[+] up 3/3'),
    expect.stringMatching(/Network shop_default +Created +0\.0s$/),
    expect.stringMatching(/Container shop-web-1 +Started +0\.0s$/),
    expect.stringMatching(/Container shop-db-1 +Error +no such program +0\.0s$/),
    'warning: found an orphan',
    'error: it did not work',
  ])
})

test('a terminal is left as it was, and nothing is left running, when work is broken off', async () => {
  const stderr = new Sink()
  const renderer = ttyRenderer({stdout: new Sink().terminal, stderr: stderr.terminal}, style, () => 0)
  renderer.begin('up', ['Container shop-web-1'])
  renderer.tell({id: 'Container shop-web-1', text: 'Starting', status: 'working'})
  await renderer.end()
  expect(stderr.text).toContain('\u001b[?25h')
  expect(stripVTControlCharacters(stderr.text)).toContain('[+] up 0/1')
})
