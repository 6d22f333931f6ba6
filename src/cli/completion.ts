import type {Command, Options} from './command.ts'
import {globalOptions} from './globals.ts'
import type {Listed} from './help.ts'

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

function bash(commands: readonly Listed[]): string {
  const names = commands.map(({name}) => name)
  return `_stack() {
  local word=\${COMP_WORDS[COMP_CWORD]} command= each
  for each in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $each in ${names.join('|')}) command=$each; break ;; esac
  done
  local words="${optionWords(globalOptions).join(' ')}"
  case $command in
    "") words+=" ${names.join(' ')}" ;;
${commands.map(bashCase).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o bashdefault -F _stack stack
`
}

function bashCase({name, command}: Listed): string {
  const services = takesServices(command) ? ' $(stack config --services 2>/dev/null)' : ''
  return `    ${name}) words+=" ${optionWords(command.options).join(' ')}${services}" ;;`
}

function zsh(commands: readonly Listed[]): string {
  return `#compdef stack
_stack() {
  local -a commands=(
${commands.map(({name, command}) => `    ${quote(`${name}:${command.summary}`)}`).join('\n')}
  )
  local command=\${words[(r)(${commands.map(({name}) => name).join('|')})]}
  local -a rest=(${optionWords(globalOptions).join(' ')})
  case $command in
    "") _describe command commands ;;
${commands.map(zshCase).join('\n')}
  esac
  compadd -- $rest
}
compdef _stack stack
`
}

function zshCase({name, command}: Listed): string {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
  const services = takesServices(command) ? ' ${(f)"$(stack config --services 2>/dev/null)"}' : ''
  return `    ${name}) rest+=(${optionWords(command.options).join(' ')}${services}) ;;`
}

function fish(commands: readonly Listed[]): string {
  const names = commands.map(({name}) => name).join(' ')
  return [
    'complete -c stack -f',
    ...fishOptions(globalOptions, ''),
    ...commands.flatMap(({name, command}) => [
      `complete -c stack -n 'not __fish_seen_subcommand_from ${names}' -a ${name} -d ${quote(command.summary)}`,
      ...fishOptions(command.options, ` -n '__fish_seen_subcommand_from ${name}'`),
      ...(takesServices(command)
        ? [`complete -c stack -n '__fish_seen_subcommand_from ${name}' -a '(stack config --services 2>/dev/null)'`]
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
