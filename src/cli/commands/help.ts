import {command} from '../command.ts'
import {commands, listed} from '../commands.ts'
import {renderCommand, renderGroup, renderOverview} from '../help.ts'
import {unknownCommand} from '../program.ts'

export const help = command({
  summary: 'Show help of stack or of a command',
  usage: 'help [COMMAND]',
  options: {},
  operands: {maximum: 2},
  async run({operands, context}) {
    context.print(await helpOf(operands))
    return 0
  },
})

async function helpOf(words: readonly string[]): Promise<string> {
  const all = await listed()
  const name = words.join(' ')
  if (name === '') return renderOverview(all)
  const members = all.filter(each => each.group?.name === name)
  const [first] = members
  if (first?.group !== undefined) return renderGroup(name, {summary: first.group.summary, commands: members})
  const found = all.find(each => each.name === name)
  if (found !== undefined) return renderCommand(found)
  const hidden = commands[name]
  if (hidden === undefined || 'commands' in hidden) throw unknownCommand(name)
  return renderCommand({command: await hidden.load()})
}
