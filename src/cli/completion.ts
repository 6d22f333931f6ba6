import type {Command, Options} from './command.ts'
import type {Listed} from './commands.ts'
import {globalOptions} from './globals.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof shells)[number]

const renderers: Readonly<Record<Shell, (commands: readonly Listed[]) => string>> = {bash, zsh, fish}

/** A script that completes commands and options; the services are asked of `stack config --services`. */
export const renderCompletion = (shell: Shell, commands: readonly Listed[]): string => renderers[shell](commands)

const optionWords = (options: Options): string[] =>
  Object.entries(options).flatMap(([name, {hidden, short}]) =>
    hidden === true ? [] : short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`],
  )

const takesServices = ({usage}: Command): boolean => usage.includes('SERVICE')

type Word = {readonly word: string; readonly summary: string}

/** What may come as a command's next word, by what stands before it: '' or a group. */
function nextWords(commands: readonly Listed[]): Map<string, Word[]> {
  const all = new Map<string, Word[]>()
  const add = (before: string, word: string, summary: string): void => {
    const words = all.get(before) ?? []
    if (!words.some(each => each.word === word)) all.set(before, [...words, {word, summary}])
  }
  for (const {name, command, group} of commands) {
    if (group !== undefined) add('', group.name, group.summary)
    add(group?.name ?? '', group === undefined ? name : name.slice(group.name.length + 1), command.summary)
  }
  return all
}

/** The words before the one that is being written. */
const soFar = {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
  bash: '"${COMP_WORDS[@]:1:COMP_CWORD-1}"',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
  zsh: '${words[2,CURRENT-1]}',
}

/** Finds `command`, of one word or two, among the words so far: bash and zsh read this alike. */
function commandLoop(commands: readonly Listed[], words: string): string {
  const groups = [...nextWords(commands).keys()].filter(each => each !== '')
  const patterns = [...commands.map(({name}) => name), ...groups].map(each => (each.includes(' ') ? `"${each}"` : each))
  return `  for each in ${words}; do
    case "\${command:+$command }$each" in ${patterns.join('|')}) command="\${command:+$command }$each" ;; esac
  done`
}

function bash(commands: readonly Listed[]): string {
  const choices = [...nextWords(commands)].map(
    ([before, words]) => `    "${before}") words+=" ${words.map(({word}) => word).join(' ')}" ;;`,
  )
  return `_stack() {
  local word=\${COMP_WORDS[COMP_CWORD]} command= each
${commandLoop(commands, soFar.bash)}
  local words="${optionWords(globalOptions).join(' ')}"
  case $command in
${[...choices, ...commands.map(bashCase)].join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o bashdefault -F _stack stack
`
}

function bashCase({name, command}: Listed): string {
  const services = takesServices(command) ? ' $(stack config --services 2>/dev/null)' : ''
  return `    "${name}") words+=" ${optionWords(command.options).join(' ')}${services}" ;;`
}

function zsh(commands: readonly Listed[]): string {
  const choices = [...nextWords(commands)].map(([before, words]) => {
    const described = words.map(({word, summary}) => quote(`${word}:${summary}`))
    return `    "${before}") commands=(${described.join(' ')}); _describe command commands ;;`
  })
  return `#compdef stack
_stack() {
  local -a commands rest=(${optionWords(globalOptions).join(' ')})
  local command= each
${commandLoop(commands, soFar.zsh)}
  case $command in
${[...choices, ...commands.map(zshCase)].join('\n')}
  esac
  compadd -- $rest
}
compdef _stack stack
`
}

function zshCase({name, command}: Listed): string {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
  const services = takesServices(command) ? ' ${(f)"$(stack config --services 2>/dev/null)"}' : ''
  return `    "${name}") rest+=(${optionWords(command.options).join(' ')}${services}) ;;`
}

function fish(commands: readonly Listed[]): string {
  const choices = nextWords(commands)
  const wordsAfter = (before: string) => (choices.get(before) ?? []).map(({word}) => word).join(' ')
  const groups = [...choices.keys()].filter(each => each !== '').join(' ')
  const within = (group: string) => (group === '' ? '' : `__fish_seen_subcommand_from ${group}; and `)
  const seen = ({name, group}: Listed) =>
    group === undefined
      ? `${groups === '' ? '' : `not __fish_seen_subcommand_from ${groups}; and `}__fish_seen_subcommand_from ${name}`
      : `${within(group.name)}__fish_seen_subcommand_from ${name.slice(group.name.length + 1)}`
  return [
    'complete -c stack -f',
    ...fishOptions(globalOptions, ''),
    ...[...choices].flatMap(([before, words]) => {
      const condition = `${within(before)}not __fish_seen_subcommand_from ${wordsAfter(before)}`
      return words.map(({word, summary}) => `complete -c stack -n '${condition}' -a ${word} -d ${quote(summary)}`)
    }),
    ...commands.flatMap(each => [
      ...fishOptions(each.command.options, ` -n '${seen(each)}'`),
      ...(takesServices(each.command)
        ? [`complete -c stack -n '${seen(each)}' -a '(stack config --services 2>/dev/null)'`]
        : []),
    ]),
    '',
  ].join('\n')
}

function fishOptions(options: Options, condition: string): string[] {
  const shown = Object.entries(options).filter(([, option]) => option.hidden !== true)
  return shown.map(([name, option]) => {
    const short = option.short === undefined ? '' : ` -s ${option.short}`
    const argument =
      option.type === 'choice' ? ` -x -a ${quote(option.choices.join(' '))}` : option.type === 'boolean' ? '' : ' -r'
    return `complete -c stack${condition} -l ${name}${short}${argument} -d ${quote(option.description)}`
  })
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
