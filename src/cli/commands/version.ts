import {version as current} from '../../version.ts'
import {command} from '../command.ts'

export const version = command({
  summary: 'Show the version of stack',
  usage: 'version [OPTIONS]',
  options: {
    short: {type: 'boolean', description: 'only the number'},
    format: {type: 'choice', short: 'f', choices: ['pretty', 'json'], description: 'how to print it'},
  },
  operands: {maximum: 0},
  async run({values, context}) {
    if (values.format === 'json') context.print(`${JSON.stringify({version: current})}\n`)
    else context.print(values.short ? `${current}\n` : `stack version ${current}\n`)
    return 0
  },
})
