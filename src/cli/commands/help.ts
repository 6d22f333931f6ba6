import {command} from '../command.ts'
import {commands, listed} from '../commands.ts'
import {renderCommand, renderOverview} from '../help.ts'
import {unknownCommand} from '../program.ts'

export const help = command({
  summary: 'Show help of stack or of a command',
  usage: 'help [COMMAND]',
  options: {},
  operands: {maximum: 1},
  async run({operands: [name], context}) {
    if (name === undefined) context.print(renderOverview(await listed()))
    else if (commands[name] === undefined) throw unknownCommand(name)
    else context.print(renderCommand({name, command: await commands[name].load()}))
    return 0
  },
})
