import {Box, type Key as InkKey, render, Text, useInput} from 'ink'
import {createElement, type ReactElement} from 'react'
import type {Key} from './keys.ts'
import type {Line, Span, Tone} from './text.ts'
import type {Size} from './view.ts'

export type Ends = {readonly stdin: NodeJS.ReadStream; readonly stdout: NodeJS.WriteStream}

export type Screen = {
  /** Shows these, as soon as the terminal can take them. */
  show(lines: readonly Line[]): void
  size(): Size
  /** The terminal as it was before. Idempotent. */
  close(): void
}

export type Listening = {
  readonly colours: boolean
  readonly pressed: (key: Key) => void
  readonly resized: () => void
}

const codes = {open: '\x1b[?1049h\x1b[2J\x1b[H', close: '\x1b[?25h\x1b[?1049l'}

/** Takes the terminal for a screen of its own, and gives it back whatever happens: at a crash and a hang-up, too. */
export function openScreen({stdin, stdout}: Ends, {colours, pressed, resized}: Listening): Screen {
  // One row is left free: a full screen is wiped at every change.
  const size = () => ({rows: Math.max(1, (stdout.rows || 24) - 1), columns: stdout.columns || 80})
  const view = (lines: readonly Line[]) => createElement(View, {lines, colours, pressed})
  stdout.write(codes.open)
  const app = render(view([]), {
    stdin,
    stdout,
    exitOnCtrlC: false,
    patchConsole: false,
    incrementalRendering: true,
    maxFps: 20,
  })
  let isClosed = false
  const close = () => {
    if (isClosed) return
    isClosed = true
    process.off('exit', close)
    process.off('SIGHUP', hungUp)
    stdout.off('resize', redraw)
    app.unmount()
    stdout.write(codes.close)
  }
  const hungUp = () => process.exit(129)
  const redraw = () => {
    app.clear()
    stdout.write('\x1b[2J\x1b[H')
    resized()
  }
  process.once('exit', close)
  process.once('SIGHUP', hungUp)
  stdout.on('resize', redraw)
  return {show: lines => void (isClosed || app.rerender(view(lines))), size, close}
}

type Viewing = {readonly lines: readonly Line[]; readonly colours: boolean; readonly pressed: (key: Key) => void}

function View({lines, colours, pressed}: Viewing): ReactElement {
  useInput((input, key) => {
    for (const each of keysOf(input, key)) pressed(each)
  })
  const rows = lines.map((line, index) =>
    createElement(Text, {key: index, wrap: 'truncate-end'}, ...(line.length === 0 ? [' '] : spansOf(line, colours))),
  )
  return createElement(Box, {flexDirection: 'column'}, ...rows)
}

const spansOf = (line: Line, colours: boolean) =>
  line.map((each, index) => createElement(Text, {key: index, ...(colours ? looksOf(each) : {})}, each.text))

const cycle = ['cyan', 'yellow', 'green', 'magenta', 'blue', 'cyanBright', 'yellowBright', 'magentaBright']
const looks: Readonly<Record<Exclude<Tone, number>, object>> = {
  plain: {},
  bold: {bold: true},
  dim: {dimColor: true},
  good: {color: 'green'},
  bad: {color: 'red'},
  warning: {color: 'yellow'},
  chosen: {inverse: true, bold: true},
}

const looksOf = ({tone}: Span) => (typeof tone === 'number' ? {color: cycle[tone % cycle.length]} : looks[tone])

const named: ReadonlyArray<readonly [of: keyof InkKey, key: Key]> = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['pageUp', 'pageup'],
  ['pageDown', 'pagedown'],
  ['return', 'enter'],
  ['escape', 'escape'],
  ['backspace', 'backspace'],
  // What most terminals send for backspace.
  ['delete', 'backspace'],
]

/** Keys that come faster than they are read come as one text. */
function keysOf(input: string, key: InkKey): readonly Key[] {
  if (key.ctrl) return input === 'c' ? ['ctrl-c'] : []
  const special = named.find(([of]) => key[of])
  if (special !== undefined) return [special[1]]
  return [...input].flatMap(each => (each === '\r' || each === '\n' ? ['enter'] : each >= ' ' ? [each] : []))
}
