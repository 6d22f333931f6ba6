import {describe, expect, test} from 'vitest'
import {withLines} from '../../../src/web/bounded.ts'
import {type LogLine, limits, type Message, type Point, type Work} from '../../../src/web/messages.ts'
import {chosenLines, shownLines} from '../../../src/web/page/lines.ts'
import {type Action, beginning, isBusy, lastWork, type PageState, reduce} from '../../../src/web/page/state.ts'
import {eventReader} from '../../../src/web/page/stream.ts'

const line = (id: number, more: Partial<LogLine> = {}): LogLine => ({
  ...{id, service: 'web', source: 'web-1', isError: false, text: `line ${id}`},
  at: `2026-01-02T00:00:00.${String(id).padStart(9, '0')}Z`,
  ...more,
})
const point = (cpu: number): Point => ({cpu, memory: 0, received: 0, sent: 0})
const stateAfter = (actions: readonly Action[], from: PageState = beginning) => actions.reduce(reduce, from)
const told = (...messages: Message[]): Action[] => messages.map(message => ({kind: 'message', message}))
const all: Message = {
  ...{kind: 'all', project: 'shop', services: [], loads: {}, history: {}, lines: [line(1)], works: [], trouble: ''},
}

describe('lines', () => {
  test('are in the order of their times, whatever came first', () => {
    expect(withLines([line(1), line(4)], [line(3), line(2)]).map(({id}) => id)).toEqual([1, 2, 3, 4])
  })

  test('of one service do not push out those of another', () => {
    const many = Array.from({length: 1000}, (_, at) => line(at + 10))
    const kept = withLines([line(1, {service: 'db'})], many)
    expect(kept).toHaveLength(limits.lines + 1)
    expect(kept[0]?.service).toBe('db')
    expect(kept.at(-1)?.id).toBe(1009)
  })

  test('of many services are bounded in all', () => {
    const many = Array.from({length: 400}, (_, at) => line(at, {service: `s${at % 40}`}))
    expect(withLines([], many, {lines: 10, allLines: 100})).toHaveLength(100)
  })
})

describe('the state of the page', () => {
  test('everything is live; a new connection replaces what was known', () => {
    const state = stateAfter([...told(all), ...told({...all, lines: [line(7)]})])
    expect(state).toMatchObject({connection: 'live', project: 'shop'})
    expect(state.lines.map(({id}) => id)).toEqual([7])
  })

  test('points are kept for five minutes', () => {
    const loads = (cpu: number): Message => ({kind: 'loads', loads: {}, points: {web: point(cpu)}})
    const many = Array.from({length: limits.points + 5}, (_, at) => loads(at))
    const {history} = stateAfter(told(all, ...many))
    expect(history.web).toHaveLength(limits.points)
    expect(history.web?.at(-1)?.cpu).toBe(limits.points + 4)
  })

  test('a service that has gone has no history', () => {
    const gone: Message = {kind: 'loads', loads: {}, points: {}}
    expect(stateAfter(told({...all, history: {web: [point(1)]}}, gone)).history).toEqual({})
  })

  test('a work is known by its number, and the last ones are kept', () => {
    const work = (id: number, phase: Work['phase']): Message => ({
      kind: 'work',
      work: {id, phase, order: {what: 'restart', service: 'web'}},
    })
    const state = stateAfter(told(all, work(1, 'working'), work(1, 'done'), work(2, 'waiting')))
    expect(state.works.map(({phase}) => phase)).toEqual(['done', 'waiting'])
    expect(isBusy(lastWork(state, 'web'))).toBe(true)
    expect(lastWork(state, 'db')).toBeUndefined()
    expect(stateAfter(told(...Array.from({length: 50}, (_, id) => work(id, 'done')))).works).toHaveLength(limits.works)
  })

  test('choosing a service twice is choosing none', () => {
    const focus: Action = {kind: 'focus', service: 'web'}
    expect(stateAfter([focus]).focus).toBe('web')
    expect(stateAfter([focus, focus]).focus).toBeUndefined()
    expect(stateAfter([focus, {kind: 'choose', service: 'web'}]).focus).toBe('web')
  })

  test('what was seen stays when the server ends', () => {
    expect(stateAfter(told(all, {kind: 'trouble', text: 'away'}, {kind: 'ended'}))).toMatchObject({
      connection: 'ended',
      trouble: 'away',
      project: 'shop',
    })
  })
})

describe('the filter', () => {
  const lines = [
    line(1, {text: 'GET /orders 200'}),
    line(2, {text: 'GET /health 200'}),
    line(3, {text: 'get /orders 500', source: 'web-2'}),
    line(4, {text: 'orders', service: 'db', source: 'db-1'}),
  ]
  const found = (filter: string, focus?: string) => chosenLines({lines, filter, focus}).shown.map(({id}) => id)

  test('wants every word, and none with a minus', () => {
    expect(found('')).toEqual([1, 2, 3, 4])
    expect(found('GET orders')).toEqual([1, 3])
    expect(found('get -health -500')).toEqual([1])
    expect(found('web-2')).toEqual([3])
    expect(found('-')).toEqual([1, 2, 3, 4])
  })

  test('looks at the chosen service only', () => expect(found('orders', 'db')).toEqual([4]))

  test('the newest are shown, all are counted', () => {
    const many = Array.from({length: 1000}, (_, id) => line(id))
    const {shown, count} = chosenLines({lines: many, filter: '', focus: undefined})
    expect([shown.length, count, shown.at(-1)?.id]).toEqual([shownLines, 1000, 999])
  })
})

test('events are read whole, wherever they are cut', () => {
  const text = 'data: {"a":1}\n\n: still here\n\ndata: two\ndata: lines\n\n'
  for (let size = 1; size < text.length; size++) {
    const heard: string[] = []
    const read = eventReader(data => heard.push(data))
    for (let at = 0; at < text.length; at += size) read(text.slice(at, at + size))
    expect(heard).toEqual(['{"a":1}', 'two\nlines'])
  }
})
