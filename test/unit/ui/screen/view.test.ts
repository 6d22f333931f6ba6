import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {helpLines} from '../../../../src/ui/screen/help.ts'
import {advance, firstState, type ScreenEvent} from '../../../../src/ui/screen/state.ts'
import {printable, widthOf, wrapped} from '../../../../src/ui/screen/text.ts'
import {frame} from '../../../../src/ui/screen/view.ts'
import {facts, log, picture, shop, stateAfter} from './sample.ts'

describe('the screen', () => {
  test('services, what was done last, and output', () => {
    expect(picture(stateAfter(shop), {rows: 12, columns: 90})).toMatchInlineSnapshot(`
      "shop  2 services, 3 of 3 containers running                                watching 1 rule
        SERVICE  STATE     PORTS    CPU   MEM     LAST
      > web ×2   running   8080→80  1.8%  35.7MB  synced page.html +1 12s ago
        db       starting  5432
      ── output of all ─────────────────────────────────────────────────────────────────────────
      ~     │ web  watching  /src → /app
      ~     │ web  synced  page.html, b → 2 containers  38 ms
      web-1 │ GET / 200
      db-1  │ ready to accept connections


      q quit  ? keys  / filter  enter focus  r restart web  +/- scale  b build  o open"
    `)
  })

  test('narrow: columns go, the rest is cut', () => {
    expect(picture(stateAfter(shop), {rows: 9, columns: 40})).toMatchInlineSnapshot(`
      "shop  2 services, 3 of 3 containers run…
        SERVICE  STATE
      > web ×2   running
        db       starting
      ── output of all ───────────────────────
      ~     │ web  synced  page.html, b → 2 c…
      web-1 │ GET / 200
      db-1  │ ready to accept connections
      q quit  ? keys  / filter  enter focus"
    `)
  })

  test('too small', () => {
    expect(picture(stateAfter(shop), {rows: 3, columns: 20})).toBe('too small')
  })

  test('the output of one service, with a filter, while it is typed', () => {
    const state = stateAfter([...shop, {kind: 'focus'}, {kind: 'mode', mode: 'filter'}, {kind: 'filter', text: 'get'}])
    expect(picture(state, {rows: 9, columns: 60})).toMatchInlineSnapshot(`
      "shop  2 services, 3 of 3 containers running  watching 1 rule
        SERVICE  STATE     PORTS    CPU   MEM
      > web ×2   running   8080→80  1.8%  35.7MB
        db       starting  5432
      ── output of web, with "get" ───────────────────────────────
      web-1 │ GET / 200


      /get▏  enter keep  esc clear"
    `)
  })

  test('keys, and the question at the end', () => {
    const help = picture(stateAfter([...shop, {kind: 'mode', mode: 'help'}]), {rows: 20, columns: 90})
    for (const line of helpLines) expect(help).toContain(line.map(({text}) => text).join(''))
    expect(picture(stateAfter([...shop, {kind: 'mode', mode: 'quit'}]), {rows: 9, columns: 90})).toContain(
      'leave: d detach  s stop  x down  esc stay',
    )
  })

  test('many services: those around the chosen one', () => {
    const names = Array.from({length: 40}, (_, index) => `service-${index}`)
    const events: ScreenEvent[] = [{kind: 'observed', containers: names.map(name => facts(name, 1))}]
    const state = stateAfter([...events, {kind: 'move', by: 20}], names)
    expect(picture(state, {rows: 14, columns: 50})).toMatchInlineSnapshot(`
      "shop  40 services, 40 of 40 containers running
        SERVICE     STATE    CPU  MEM        19–22 of 40
        service-18  running
        service-19  running
      > service-20  running
        service-21  running
      ── output of all ─────────────────────────────────






      q quit  ? keys  / filter  enter focus"
    `)
  })

  test('what goes wrong is seen first', () => {
    const state = stateAfter([
      {
        kind: 'observed',
        containers: [
          facts('web', 1),
          facts('web', 2, {status: 'exited', exitCode: 3}),
          facts('db', 1, {health: 'unhealthy'}),
        ],
      },
      {kind: 'began', service: 'db', what: 'restarting'},
      {kind: 'said', level: 'error', text: 'something went \u001b[31mwrong'},
    ])
    expect(picture(state, {rows: 9, columns: 60})).toMatchInlineSnapshot(`
      "shop  2 services, 2 of 3 containers running
        SERVICE  STATE           PORTS  CPU  MEM
      > web ×2   1/2 exited (3)
        db       restarting
      ── output of all ───────────────────────────────────────────


      something went wrong
      q quit  ? keys  / filter  enter focus  r restart web"
    `)
  })

  test('earlier output stays where it is while more comes; the newest again', () => {
    const many = Array.from({length: 30}, (_, index) => log('web-1', `line ${index}.`))
    const back = stateAfter([...many, {kind: 'scroll', by: 10}, log('web-1', 'more'), log('db-1', 'more')])
    expect(picture(back, {rows: 9, columns: 60})).toContain('line 19.')
    expect(picture(back, {rows: 9, columns: 60})).not.toContain('line 20.')
    expect(picture(back, {rows: 9, columns: 60})).toContain('12 lines back')
    expect(picture(advance(back, {kind: 'scroll', by: Number.NEGATIVE_INFINITY}), {rows: 9, columns: 60})).toContain(
      'db-1  │ more',
    )
  })

  test('long lines are cut, or wrapped', () => {
    const state = stateAfter([log('web-1', `${'x'.repeat(100)}end`)])
    expect(picture(state, {rows: 9, columns: 60})).toContain('x…')
    expect(picture(advance(state, {kind: 'wrap'}), {rows: 9, columns: 60})).toContain('end')
  })
})

describe('whatever comes', () => {
  const word = fc.string({unit: 'grapheme', maxLength: 40})
  const anyEvent: fc.Arbitrary<ScreenEvent> = fc.oneof(
    fc.record({
      kind: fc.constant('wrote' as const),
      lines: fc.array(
        fc.record({source: fc.constantFrom('web-1', 'db-1'), service: fc.constantFrom('web', 'db'), text: word}),
        {maxLength: 3},
      ),
    }),
    fc.record({kind: fc.constant('scroll' as const), by: fc.integer({min: -50, max: 50})}),
    fc.record({kind: fc.constant('move' as const), by: fc.integer({min: -3, max: 3})}),
    fc.record({kind: fc.constant('filter' as const), text: word}),
    fc.record({kind: fc.constant('mode' as const), mode: fc.constantFrom('normal', 'filter', 'help', 'quit')}),
    fc.record({kind: fc.constant('said' as const), level: fc.constantFrom('info', 'error'), text: word}),
    fc.constantFrom<ScreenEvent>({kind: 'focus'}, {kind: 'show all'}, {kind: 'wrap'}, ...shop),
  )

  test('a frame is as high as the screen and no line is wider', () => {
    const sizes = fc.record({rows: fc.integer({min: 1, max: 40}), columns: fc.integer({min: 1, max: 120})})
    fc.assert(
      fc.property(fc.array(anyEvent, {maxLength: 20}), sizes, (events, size) => {
        const lines = frame(events.reduce(advance, firstState('shop', ['web', 'db'], 0)), size)
        expect(lines).toHaveLength(size.rows)
        for (const line of lines) {
          expect(line.reduce((sum, {text}) => sum + widthOf(text), 0)).toBeLessThanOrEqual(size.columns)
        }
      }),
    )
  })

  test('no output moves the cursor', () => {
    for (const text of [
      '\u001b[2J',
      'a\rb',
      '\u0007',
      '\u009b2J',
      'a\u001b]0;title\u0007b',
      '\u202eabc',
      'a\tb',
      '\u001b',
    ])
      expect([...printable(text)].filter(each => each < ' ' || each === '\u009b' || each === '\u202e')).toEqual([])
    expect(printable('a\u001b[31mred\u001b[0m b')).toBe('ared b')
  })

  test('wrapping loses nothing', () => {
    fc.assert(fc.property(word, fc.integer({min: 2, max: 20}), (text, width) => wrapped(text, width).join('') === text))
  })
})
