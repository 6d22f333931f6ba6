import type {Options} from './command.ts'
import type {Listed} from './commands.ts'
import {globalOptions} from './globals.ts'
import {describeOption, termOf, versionOption} from './help.ts'

/** docs/cli.md, rendered from the list of commands. */
export function renderReference(commands: readonly Listed[]): string {
  return [
    '# The command line',
    '',
    'Rendered from `src/cli/commands.ts` by `npx vitest run test/unit/cli/reference.test.ts -u`; do not edit.',
    '',
    'Exit codes: 0 done, 1 something failed or the command line is wrong, 130 interrupted; `exec`, `wait` and',
    '`up --exit-code-from` give the code of the container.',
    '',
    '## Options of every command',
    '',
    ...optionTable({...globalOptions, version: versionOption}),
    ...commands.flatMap(section),
  ].join('\n')
}

function section({name, command}: Listed): string[] {
  const details = command.details === undefined ? [] : [command.details, '']
  return [
    `## ${name}`,
    '',
    `\`stack ${command.usage}\``,
    '',
    `${command.summary}.`,
    '',
    ...details,
    ...optionTable(command.options),
  ]
}

function optionTable(options: Options): string[] {
  const shown = Object.entries(options).filter(([, option]) => option.hidden !== true)
  if (shown.length === 0) return []
  const rows = shown.map(
    ([name, option]) => `| \`${cell(termOf(name, option).trim())}\` | ${cell(describeOption(option))} |`,
  )
  return ['| option | what it does |', '|---|---|', ...rows, '']
}

const cell = (text: string): string => text.replaceAll('|', '\\|')
