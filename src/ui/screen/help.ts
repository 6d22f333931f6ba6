import {type Line, span, widthOf} from './text.ts'

const keys: ReadonlyArray<readonly [key: string, what: string]> = [
  ['↑ ↓ k j', 'choose a service'],
  ['enter l', 'only the output of this service, and of all again'],
  ['/', 'only lines with a text'],
  ['esc', 'all output again'],
  ['pgup pgdn', 'earlier and later output; G: the newest'],
  ['w', 'wrap long lines, or cut them'],
  ['r', 'restart the service'],
  ['b', 'build its image, and replace what runs an older one'],
  ['+ -', 'one container more, one fewer'],
  ['o', 'open its address'],
  ['q', 'leave: detach (all runs on), stop, or down (all is removed)'],
  ['ctrl-c', 'stop all; twice: kill'],
]

export const helpLines: readonly Line[] = keys.map(([key, what]) => [span(key.padEnd(12), 'bold'), span(what)])

/** As many as there is room for, the most useful first. */
export function hints(selected: string, columns: number): string {
  const all = ['q quit', '? keys', '/ filter', 'enter focus', `r restart ${selected}`, '+/- scale', 'b build', 'o open']
  let text = ''
  for (const hint of all) {
    const longer = text === '' ? hint : `${text}  ${hint}`
    if (widthOf(longer) > columns) break
    text = longer
  }
  return text
}
