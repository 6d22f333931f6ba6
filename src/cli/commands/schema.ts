import {composeSchema} from '../../spec/schema.ts'
import {command} from '../command.ts'

export const schema = command({
  summary: 'Print the JSON Schema of Compose files',
  usage: 'schema',
  details: 'For editors that check YAML: write it to a file, and say so in the first line of a Compose file.',
  options: {},
  operands: {maximum: 0},
  async run({context}) {
    context.print(`${JSON.stringify(composeSchema, null, 2)}\n`)
    return 0
  },
})
