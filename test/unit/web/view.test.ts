import {describe, expect, test} from 'vitest'
import type {Replica, ServiceState} from '../../../src/web/messages.ts'
import {conditionOf, summary} from '../../../src/web/page/condition.ts'
import {bytes, clock, percent, portsOf} from '../../../src/web/page/format.ts'
import {type Child, type Node, textOf} from '../../../src/web/page/node.ts'
import {spark} from '../../../src/web/page/spark.ts'
import {beginning, type PageState} from '../../../src/web/page/state.ts'
import {page} from '../../../src/web/page/view/page.ts'

const replica = (number: number, more: Partial<Replica> = {}): Replica => ({
  ...{
    id: `web${number}`,
    name: `shop-web-${number}`,
    number,
    status: 'running',
    health: 'none',
    exitCode: 0,
    ports: [],
  },
  ...more,
})
const service = (name: string, more: Partial<ServiceState> = {}): ServiceState => ({
  ...{name, image: 'host://', dependsOn: [], provider: '', fixed: '', replicas: [replica(1)]},
  ...more,
})
const live = (more: Partial<PageState> = {}): PageState => ({
  ...{...beginning, connection: 'live', project: 'shop', services: [service('web')]},
  ...more,
})

const drawn = (state: PageState): string => page(state, 0).map(textOf).join(' ')
const elements = (state: PageState): Node[] => {
  const below = (child: Child): Node[] => (typeof child === 'string' ? [] : [child, ...child.children.flatMap(below)])
  return page(state, 0).flatMap(below)
}
const button = (state: PageState, label: string): Node | undefined =>
  elements(state).find(({tag, attributes}) => tag === 'button' && attributes['aria-label'] === label)

describe('how a service is', () => {
  const words = (...replicas: Replica[]) => conditionOf({replicas, provider: ''}).words
  test.each([
    [[], 'not running'],
    [[replica(1)], 'running'],
    [[replica(1, {health: 'healthy'})], 'healthy'],
    [[replica(1, {status: 'exited'})], 'ended'],
    [[replica(1, {status: 'exited', exitCode: 3})], 'failed with 3'],
    [[replica(1), replica(2, {health: 'unhealthy'})], '1 of 2 unhealthy'],
    [[replica(1, {health: 'starting'}), replica(2, {health: 'healthy'})], '1 of 2 starting'],
    [[replica(1, {status: 'paused'})], 'paused'],
  ])('%#', (replicas, expected) => expect(words(...replicas)).toBe(expected))

  test('what is provided has no containers', () => {
    expect(conditionOf({replicas: [], provider: 'cloud'}).words).toBe('provided by cloud')
  })

  test('the worst is what the heading says, with a mark of its own shape', () => {
    const bad = service('db', {replicas: [replica(1, {status: 'exited', exitCode: 1})]})
    expect(summary([service('web'), bad])).toMatchObject({words: '2 services, 2 containers, 1 in trouble', mark: '▲'})
    expect(summary([service('web')])).toMatchObject({words: '1 service, 1 container, all well', mark: '●'})
  })
})

describe('numbers', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [99_940, '99.9 kB'],
    [99_960, '100 kB'],
    [999_600, '1.0 MB'],
    [-5, '0 B'],
  ])('%d bytes', (count, expected) => expect(bytes(count)).toBe(expected))
  test('percent', () => expect([percent(0.034), percent(1.5), percent(0)]).toEqual(['3.4 %', '150 %', '0.0 %']))
  test('the time of the reader', () => {
    expect(clock('2026-01-02T23:30:01.123456789Z', 0)).toBe('23:30:01')
    expect(clock('2026-01-02T23:30:01Z', -60)).toBe('00:30:01')
    expect(clock('2026-01-02T00:30:01Z', 90)).toBe('23:00:01')
    expect(clock('', 0)).toBe('')
  })
})

test('ports are said once, and tcp leads there', () => {
  const port = (more: object) => ({target: 80, protocol: 'tcp', hostIp: '0.0.0.0', published: 8080, ...more})
  expect(
    portsOf([port({}), port({hostIp: '::'}), port({}), port({target: 53, protocol: 'udp', published: 0})]),
  ).toEqual([{text: '53/udp'}, {text: ':8080 → 80', link: 'http://127.0.0.1:8080/'}])
  expect(portsOf([port({hostIp: '::1'})])).toEqual([{text: '[::1]:8080 → 80', link: 'http://[::1]:8080/'}])
})

describe('small charts', () => {
  const size = {width: 10, height: 12, points: 11, floor: 10}
  test('stand at the right, and fill the height with the highest', () => {
    expect(spark([0, 20], size)).toEqual({line: 'M9,11L10,1', area: 'M9,11L10,1L10,12L9,12Z', highest: 20})
  })
  test('of next to nothing are flat', () => expect(spark([1, 1], size).line).toBe('M9,10L10,10'))
  test('of one value are a dash, of none nothing', () => {
    expect(spark([10], size).line).toBe('M9,1L10,1')
    expect(spark([], size).line).toBe('')
  })
})

describe('the page', () => {
  test('says what runs', () => {
    const text = drawn(live())
    for (const each of ['shop', '1 service, 1 container, all well', 'web', 'running', 'Output'])
      expect(text).toContain(each)
  })

  test('has buttons for one more, one fewer and a restart', () => {
    expect(button(live(), 'one container more of web')?.attributes).toMatchObject({'data-to': 2, disabled: false})
    expect(button(live(), 'one container fewer of web')?.attributes).toMatchObject({'data-to': 0})
    expect(button(live(), 'restart web')?.attributes.disabled).toBe(false)
  })

  test('they rest while something is done, and where it cannot be', () => {
    const works = [{id: 1, phase: 'working', order: {what: 'scale', service: 'web', to: 3}}] as const
    const state = live({works})
    expect(drawn(state)).toContain('Scaling to 3…')
    expect(button(state, 'restart web')?.attributes.disabled).toBe(true)
    expect(button(live({connection: 'lost'}), 'restart web')?.attributes.disabled).toBe(true)
    const fixed = live({services: [service('web', {fixed: 'its one container is called x'})]})
    expect(button(fixed, 'one container more of web')?.attributes).toMatchObject({
      disabled: true,
      title: 'its one container is called x',
    })
    expect(
      button(live({services: [service('web', {replicas: []})]}), 'one container fewer of web')?.attributes.disabled,
    ).toBe(true)
  })

  test('why something failed stays to be read', () => {
    const works = [{id: 1, phase: 'failed', order: {what: 'restart', service: 'web'}, error: 'no memory'}] as const
    expect(drawn(live({works}))).toContain('Restarting failed: no memory')
  })

  test('whoever has no valid token sees nothing but that', () => {
    const text = drawn(live({connection: 'refused'}))
    expect(text).toContain('not valid')
    expect(text).not.toContain('web')
  })

  test('lines are text, marked where they are errors', () => {
    const lines = [
      {
        id: 1,
        service: 'web',
        source: 'web-1',
        isError: true,
        at: '2026-01-02T10:00:00Z',
        text: '<img src=x onerror=alert(1)>',
      },
    ]
    const text = drawn(live({lines}))
    expect(text).toContain('10:00:00 web-1 err <img src=x onerror=alert(1)>')
    expect(elements(live({lines})).some(({tag}) => tag === 'img')).toBe(false)
  })

  test('nothing has a style of its own: the policy of the page allows none', () => {
    expect(elements(live()).filter(({attributes}) => 'style' in attributes || 'onclick' in attributes)).toEqual([])
  })

  test('every control has a name', () => {
    const controls = elements(live()).filter(({tag}) => tag === 'button')
    for (const {attributes} of controls) expect(attributes['aria-label']).toBeTruthy()
  })
})
