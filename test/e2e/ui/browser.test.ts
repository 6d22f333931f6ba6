import {execFileSync} from 'node:child_process'
import {mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {type Browser, chromium, type Page} from 'playwright-core'
import {afterAll, beforeAll, beforeEach, expect, test} from 'vitest'
import {needs} from '../../support/needs.ts'
import {states} from '../../support/observed.ts'
import {eventually, root, Workplace} from '../../support/stack.ts'
import {end, type Served, serve} from './served.ts'

const patience = {timeout: 15_000}

let place: Workplace
let served: Served
let browser: Browser
let page: Page
const wrong: string[] = []

/** Root has no sandbox; a name that leads to this machine is what DNS rebinding makes. */
const flags = ['--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP stack.example 127.0.0.1'] as const

const path = (): string | undefined => {
  try {
    return execFileSync('which', ['chromium'], {encoding: 'utf8'}).trim()
  } catch {
    return undefined
  }
}

beforeAll(async () => {
  const executablePath = path()
  if (executablePath === undefined) return
  place = await Workplace.make('test/e2e/ui')
  expect(await place.stack('up', '-d', '--wait')).toMatchObject({code: 0})
  served = await serve(place)
  browser = await chromium.launch({executablePath, args: [...flags]})
  const context = await browser.newContext({viewport: {width: 1280, height: 900}, colorScheme: 'light'})
  page = await context.newPage()
  page.on('console', message => void (message.type() === 'error' && wrong.push(message.text())))
  page.on('pageerror', error => void wrong.push(String(error)))
  await page.goto(served.address)
  await service('web').waitFor(patience)
})
afterAll(async () => {
  await browser?.close()
  await place?.[Symbol.asyncDispose]()
})
beforeEach(context => needs(context, 'chromium'))

const service = (name: string) => page.locator(`article[data-name="${name}"]`)
const says = async (name: string, text: string | RegExp) =>
  eventually(async () => (await service(name).innerText()).match(text), {what: `${name}: ${text}`, seconds: 30})
const lines = () => page.locator('.lines li').allInnerTexts()
const visits = async (count: number) => {
  for (let each = 0; each < count; each++) await fetch('http://127.0.0.1:8080/orders').then(answer => answer.text())
}

test('the page shows what runs; the token is gone from its address', async () => {
  await says('web', 'running')
  await says('api', 'healthy')
  await says('migrate', 'ended')
  expect(page.url()).toBe(`http://127.0.0.1:${served.port}/`)
  expect(await page.title()).toBe('shop · stack')
  expect(await service('web').getByRole('link').getAttribute('href')).toBe('http://127.0.0.1:8080/')
  const nodes = page.locator('svg .node')
  expect(await nodes.count()).toBe(6)
  const y = async (name: string) => (await page.getByRole('button', {name: new RegExp(`^${name}:`)}).boundingBox())!.y
  expect(await y('web')).toBeLessThan(await y('api'))
  expect(await y('migrate')).toBeLessThan(await y('db'))
})

test('a reload is admitted again, another tab without the token is not', async () => {
  await page.reload()
  await says('web', 'running')
  const other = await page.context().newPage()
  await other.goto(`http://127.0.0.1:${served.port}/`)
  await other.getByText('This address is not valid').waitFor(patience)
  expect(await other.locator('article').count()).toBe(0)
  await other.close()
  wrong.length = 0
})

test('the output is filtered, by words and by service', async () => {
  await visits(3)
  await eventually(async () => (await lines()).some(line => line.includes('GET /orders')), {what: 'a visit'})
  await page.keyboard.press('/')
  await page.keyboard.type('ORDERS -asked')
  await eventually(
    async () => {
      const shown = await lines()
      return shown.length >= 3 && shown.every(line => line.includes('web-1') && line.includes('/orders'))
    },
    {what: 'lines with the word'},
  )
  await page.getByRole('searchbox').fill('')
  await page.getByRole('button', {name: /^db:/}).click()
  await eventually(async () => (await lines()).join() !== '' && (await lines()).every(each => each.includes('db-1')), {
    what: 'lines of db',
  })
  expect((await lines()).join('\n')).toContain('err')
  await page.getByRole('combobox').selectOption('')
  await eventually(async () => (await lines()).some(line => line.includes('worker-1')), {what: 'all lines again'})
})

test('who scrolls up stays there, who comes back to the end follows', async () => {
  await visits(20)
  const follows = page.getByRole('checkbox', {name: 'newest'})
  const top = () => page.evaluate('document.querySelector(".lines").scrollTop')
  await eventually(async () => (await top()) !== 0, {what: 'more lines than there is room for'})
  await page.locator('.lines').focus()
  await page.keyboard.press('Home')
  await eventually(async () => !(await follows.isChecked()), {what: 'no following'})
  const {length} = await lines()
  await eventually(async () => (await lines()).length > length, {what: 'more lines'})
  await eventually(async () => (await top()) === 0, {what: 'the first line'})
  // The end moves on while the way to it is shown.
  const isAtEnd = async () => {
    await page.keyboard.press('End')
    return await follows.isChecked()
  }
  await eventually(isAtEnd, {what: 'following'})
})

test('pages of others get nothing: not by a name that leads here, nor from another port', async () => {
  const other = await page.context().newPage()
  const rebound = await other.goto(`http://stack.example:${served.port}/`)
  expect(rebound?.status()).toBe(403)
  await other.goto('http://127.0.0.1:8080/')
  const [scale, events] = [`http://127.0.0.1:${served.port}/scale`, `http://127.0.0.1:${served.port}/events`]
  const tried = await other.evaluate(`(async () => {
    const headers = {authorization: 'Bearer ${served.token}'}
    const body = '{"service": "web", "to": 0}'
    const outcome = (...words) => fetch(...words).then(answer => answer.type === 'opaque' ? 'opaque' : answer.status, () => 'failed')
    return [
      await outcome('${scale}', {method: 'POST', headers, body}),
      await outcome('${scale}', {method: 'POST', body, mode: 'no-cors', credentials: 'include'}),
      await outcome('${events}', {headers}),
      document.cookie, Object.keys(sessionStorage).length,
    ]
  })()`)
  expect(tried).toEqual(['failed', 'failed', 'failed', '', 0])
  expect(await states(place)).toContain('web-1 running')
  await other.close()
  wrong.length = 0
})

test('what is used is drawn as it comes', async () => {
  const chart = service('worker').getByRole('img', {name: /^Memory: [\d.]+ MB now/})
  await chart.waitFor(patience)
  const width = async () => (await chart.locator('.line').getAttribute('d'))!.length
  const before = await width()
  await eventually(async () => (await width()) > before, {what: 'another point'})
})

test('pressed twice, + makes three, by mouse and by key', async () => {
  const more = page.getByRole('button', {name: 'one container more of web'})
  await more.click()
  await says('web', /^2 containers$/m)
  await eventually(() => more.isEnabled(), {what: 'the button again'})
  await more.focus()
  await page.keyboard.press('Enter')
  await says('web', /^3 containers$/m)
  expect((await states(place)).filter(each => /^web-\d running$/.test(each))).toHaveLength(3)
  await page.getByRole('button', {name: 'web: running, 3 containers'}).waitFor(patience)
})

test('a restart is done and said', async () => {
  const starts = async () => (await place.stack('logs', 'worker')).stdout.match(/waiting for jobs/g)?.length
  expect(await starts()).toBe(1)
  await page.getByRole('button', {name: 'restart worker'}).click()
  await eventually(async () => (await starts()) === 2, {what: 'the second start'})
  await says('worker', 'running')
})

test('a container that fails is seen without looking for it', async () => {
  await place.stack('kill', 'cache')
  await says('cache', 'failed with 137')
  await page.getByText('1 in trouble').waitFor(patience)
  expect(await page.getByRole('button', {name: 'cache: failed with 137'}).count()).toBe(1)
  await place.stack('start', 'cache')
  await says('cache', 'running')
})

test('it fits into 360 pixels, and nothing of it breaks its own policy', async () => {
  await page.setViewportSize({width: 360, height: 740})
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
  await page.setViewportSize({width: 1280, height: 900})
  expect(wrong).toEqual([])
})

test('light and dark are read well', async () => {
  if (process.env.STACK_SCREENSHOTS === '1') for (let each = 0; each < 60; each++) await visits(each % 7).then(pause)
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({colorScheme})
    expect(await leastContrast()).toBeGreaterThanOrEqual(4.5)
    await keep(`ui-${colorScheme}.png`, {width: 1280, height: 800})
  }
})

test('the end of the server is said, and what was seen stays', async () => {
  expect(await end(served)).toBe(130)
  await page.getByText('“stack ui” has ended').waitFor(patience)
  await says('web', /^3 containers$/m)
  expect(await page.getByRole('button', {name: 'restart web'}).isDisabled()).toBe(true)
})

const pause = () => new Promise(resolve => setTimeout(resolve, 1000))

/** For the README, where STACK_SCREENSHOTS=1 asks for it. */
async function keep(name: string, {width, height}: {width: number; height: number}): Promise<void> {
  if (process.env.STACK_SCREENSHOTS !== '1') return
  await mkdir(join(root, 'docs/images'), {recursive: true})
  await page.mouse.move(2, 2)
  await page.evaluate('scrollTo(0, 0)')
  await page.screenshot({path: join(root, 'docs/images', name), clip: {x: 0, y: 0, width, height}})
}

/** The least contrast of any text with what is behind it, as WCAG 2 counts it. Runs on the page. */
function leastContrast(): Promise<number> {
  return page.evaluate(`(() => {
    const parts = colour => colour.match(/[\\d.]+/g).map(Number)
    const light = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
      .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0)
    const behind = element => {
      for (let at = element; at; at = at.parentElement) {
        const [r, g, b, a = 1] = parts(getComputedStyle(at).backgroundColor)
        if (a > 0) return [r, g, b]
      }
      return [255, 255, 255]
    }
    const texts = [...document.querySelectorAll('#page *')].filter(each => !each.closest('svg') && !each.closest(':disabled') &&
      [...each.childNodes].some(child => child.nodeType === 3 && child.textContent.trim() !== ''))
    return Math.min(...texts.map(each => {
      const [a, b] = [light(parts(getComputedStyle(each).color)), light(behind(each))].sort((x, y) => y - x)
      return (a + 0.05) / (b + 0.05)
    }))
  })()`)
}
