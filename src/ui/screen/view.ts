import {helpLines, hints} from './help.ts'
import {type Row, rowOf} from './rows.ts'
import {type LogLine, type ScreenState, session, shownLogs} from './state.ts'
import {cut, cutLine, type Line, padded, span, widthOf, wrapped} from './text.ts'

export type Size = {readonly rows: number; readonly columns: number}

const least: Size = {rows: 6, columns: 24}

/** The whole screen: exactly as many lines as it has rows, none wider than it is. */
export function frame(state: ScreenState, size: Size): readonly Line[] {
  const {rows, columns} = size
  if (rows < least.rows || columns < least.columns) return fill([[span('too small')]], size)
  const head = [titleLine(state, columns), ...serviceLines(state, size)]
  const foot = footLines(state, columns)
  const body = bodyLines(state, {rows: rows - head.length - foot.length, columns})
  return fill([...head, ...body, ...foot], size)
}

function fill(lines: readonly Line[], {rows, columns}: Size): readonly Line[] {
  const shown = lines.slice(0, rows).map(line => cutLine(line, columns))
  return [...shown, ...Array.from({length: rows - shown.length}, () => [])]
}

function titleLine({project, services, containers, rules}: ScreenState, columns: number): Line {
  const running = containers.filter(({status}) => status === 'running').length
  const what = `${count(services.length, 'service')}, ${running} of ${count(containers.length, 'container')} running`
  const left = [span(project, 'bold'), span(`  ${what}`, 'dim')]
  const right = rules === 0 ? '' : `watching ${count(rules, 'rule')}`
  return between(left, right, columns)
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`

/** Columns of the table, the last to be given up first. */
const columnsOf: ReadonlyArray<readonly [title: string, of: (row: Row) => string, from: number]> = [
  ['SERVICE', ({name}) => name, 0],
  ['STATE', ({state}) => state, 0],
  ['PORTS', ({ports}) => ports, 60],
  ['CPU', ({cpu}) => cpu, 46],
  ['MEM', ({memory}) => memory, 46],
  ['LAST', ({last}) => last, 72],
]

/** A third of the screen at most; those around the chosen one where there are more. */
function serviceLines(state: ScreenState, {rows, columns}: Size): readonly Line[] {
  const {services, selected} = state
  const room = Math.max(1, Math.min(services.length, Math.floor((rows - 4) / 2.5)))
  const at = Math.max(0, services.indexOf(selected))
  const from = Math.max(0, Math.min(services.length - room, at - Math.floor(room / 2)))
  const shown = services.slice(from, from + room).map(name => ({name, row: rowOf(state, name)}))
  const used = columnsOf.filter(([, , least]) => columns >= least)
  const widths = used.map(([title, of]) =>
    Math.min(Math.floor(columns / 3), Math.max(widthOf(title), ...shown.map(({row}) => widthOf(of(row))))),
  )
  const cells = (texts: readonly string[]) =>
    texts.map((text, index) => padded(cut(text, widths[index]!), widths[index]!))
  const more = services.length > room ? `${from + 1}–${from + room} of ${services.length}` : ''
  const titles = between([span(`  ${cells(used.map(([title]) => title)).join('  ')}`, 'dim')], more, columns)
  return [
    titles,
    ...shown.map(({name, row}) => {
      const texts = cells(used.map(([, of]) => of(row)))
      const isChosen = name === selected
      const [first = '', second = '', ...others] = texts
      return [
        span(isChosen ? '> ' : '  ', 'bold'),
        span(first, isChosen ? 'chosen' : 'bold'),
        span('  '),
        span(second, row.tone),
        span(others.length === 0 ? '' : `  ${others.join('  ')}`),
      ]
    }),
  ]
}

function bodyLines(state: ScreenState, size: Size): readonly Line[] {
  const lines = state.mode === 'help' ? helpLines.slice(0, size.rows - 1) : logLines(state, size)
  return [ruler(state, size.columns), ...fill(lines, {...size, rows: Math.max(0, size.rows - 1)})]
}

function ruler({mode, focus, filter, scrolled}: ScreenState, columns: number): Line {
  const what = mode === 'help' ? 'keys' : focus === undefined ? 'output of all' : `output of ${focus}`
  const which = filter === '' ? '' : `, with "${filter}"`
  const where = scrolled === 0 ? '' : `, ${scrolled} lines back`
  const text = `── ${cut(what + which + where, columns - 6)} `
  return [span(text + '─'.repeat(Math.max(0, columns - widthOf(text))), 'dim')]
}

function logLines(state: ScreenState, {rows, columns}: Size): readonly Line[] {
  const room = rows - 1
  if (room <= 0) return []
  const all = shownLogs(state)
  const to = all.length - Math.min(state.scrolled, Math.max(0, all.length - 1))
  const candidates = all.slice(Math.max(0, to - room), to)
  const width = Math.min(Math.floor(columns / 3), Math.max(0, ...candidates.map(({source}) => widthOf(source))))
  const lines = candidates.flatMap(line => oneLog(state, line, {width, columns}))
  return lines.slice(-room)
}

function oneLog(
  {wraps, services}: ScreenState,
  {source, service, text}: LogLine,
  {width, columns}: {readonly width: number; readonly columns: number},
): readonly Line[] {
  const tone = source === session ? 'dim' : Math.max(0, services.indexOf(service))
  const prefix = span(`${padded(cut(source, width), width)} │ `, tone)
  const left = columns - width - 3
  const pieces = wraps && left > 8 ? wrapped(text, left) : [text]
  return pieces.map(piece => [prefix, span(piece)])
}

function footLines(state: ScreenState, columns: number): readonly Line[] {
  const {mode, filter, notice, selected} = state
  if (mode === 'filter') return [[span('/', 'bold'), span(filter), span('▏'), span('  enter keep  esc clear', 'dim')]]
  if (mode === 'quit') {
    return [[span('leave: ', 'bold'), span('d detach  s stop  x down  esc stay')]]
  }
  const tone = {info: 'good', warning: 'warning', error: 'bad'} as const
  const said = notice === undefined ? [] : [[span(cut(notice.text, columns), tone[notice.level])]]
  return [...said, [span(hints(selected, columns), 'dim')]]
}

function between(left: Line, right: string, columns: number): Line {
  const used = left.reduce((sum, {text}) => sum + widthOf(text), 0)
  const gap = columns - used - widthOf(right)
  return gap < 1 ? left : [...left, span(' '.repeat(gap) + right, 'dim')]
}
