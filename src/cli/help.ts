import type {Option, Options} from './command.ts'
import type {Listed} from './commands.ts'
import {globalOptions} from './globals.ts'

const indent = '  '
const width = 80

/** What `stack` alone and `stack --help` print. */
export function renderOverview(commands: readonly Listed[]): string {
  return [
    'Usage: stack [OPTIONS] COMMAND [ARGUMENTS]',
    '',
    'Runs a Compose file as isolated services on one machine, without Docker.',
    '',
    'Commands:',
    ...commandLines(commands.map(({name, command, group}) => group ?? {name, summary: command.summary})),
    '',
    'Options:',
    ...optionLines({...globalOptions, version: versionOption}),
    '',
    'Run "stack COMMAND --help" for more about a command.',
    '',
  ].join('\n')
}

/** What `stack GROUP` alone and `stack GROUP --help` print. */
export function renderGroup(name: string, {summary, commands}: GroupHelp): string {
  return [
    `Usage: stack ${name} COMMAND`,
    '',
    summary,
    '',
    'Commands:',
    ...commandLines(commands.map(({name: full, command}) => ({name: full.slice(name.length + 1), ...command}))),
    '',
    `Run "stack ${name} COMMAND --help" for more about a command.`,
    '',
  ].join('\n')
}

type GroupHelp = {readonly summary: string; readonly commands: readonly Listed[]}

/** A group is one line, however many commands it has. */
function commandLines(all: ReadonlyArray<{readonly name: string; readonly summary: string}>): string[] {
  const lines = new Map(all.map(({name, summary}) => [name, summary]))
  const width = Math.max(...[...lines.keys()].map(name => name.length))
  return [...lines].map(([name, summary]) => `${indent}${name.padEnd(width)}  ${summary}`)
}

/** What `stack COMMAND --help` prints. */
export function renderCommand({command}: Pick<Listed, 'command'>): string {
  const own = optionLines(command.options)
  return [
    `Usage: stack ${command.usage}`,
    '',
    command.summary,
    ...(command.details === undefined ? [] : ['', ...wrap(command.details, width)]),
    ...(own.length === 0 ? [] : ['', 'Options:', ...own]),
    '',
    'Options of every command are in "stack --help".',
    '',
  ].join('\n')
}

export const versionOption: Option = {type: 'boolean', short: 'v', description: 'show the version'}

function optionLines(options: Options): string[] {
  const shown = Object.entries(options).filter(([, option]) => option.hidden !== true)
  const terms = shown.map(([name, option]) => termOf(name, option))
  const column = Math.min(30, Math.max(...terms.map(term => term.length)))
  return shown.flatMap(([, option], row) => optionLine(terms[row]!, describeOption(option), column))
}

function optionLine(term: string, description: string, column: number): string[] {
  const lines = wrap(description, width - column - 4)
  const gap = ' '.repeat(column + 4)
  const first = `${indent}${term.padEnd(column)}  ${lines[0] ?? ''}`
  const rest = lines.slice(1).map(line => gap + line)
  return term.length > column ? [`${indent}${term}`, ...lines.map(line => gap + line)] : [first, ...rest]
}

/** `-t, --timeout SECONDS`; also the left column of the reference. */
export function termOf(name: string, option: Option): string {
  const short = option.short === undefined ? '    ' : `-${option.short}, `
  const long = option.type === 'boolean' && option.default === true ? `--${name}=false` : `--${name}`
  return option.type === 'boolean' ? short + long : `${short}${long} ${valueWord(option)}`
}

const valueWord = (option: Exclude<Option, {type: 'boolean'}>): string =>
  option.type === 'choice' ? option.choices.join('|') : option.value

export const describeOption = (option: Option): string =>
  option.type === 'string' && option.multiple === true && !option.description.includes('again')
    ? `${option.description} (may be given again)`
    : option.description

function wrap(text: string, columns: number): string[] {
  const lines = ['']
  for (const word of text.split(/\s+/)) {
    const last = lines[lines.length - 1]!
    if (last === '') lines[lines.length - 1] = word
    else if (last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
