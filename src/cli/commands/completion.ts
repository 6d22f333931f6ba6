import {command} from '../command.ts'
import {listed} from '../commands.ts'
import {renderCompletion, shells} from '../completion.ts'
import {usage} from '../parse.ts'

export const completion = command({
  summary: 'Print a completion script for a shell',
  usage: `completion ${shells.join('|')}`,
  details:
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
    'For bash: source <(stack completion bash). For zsh: stack completion zsh > "${fpath[1]}/_stack". For fish: stack completion fish | source',
  options: {},
  operands: {minimum: 1, maximum: 1},
  async run({operands: [wanted], context}) {
    const shell = shells.find(each => each === wanted)
    if (shell === undefined) throw usage(`no completion for shell "${wanted}"`, `one of ${shells.join(', ')}`)
    context.print(renderCompletion(shell, await listed()))
    return 0
  },
})
