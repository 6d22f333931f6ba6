import {command} from '../command.ts'
import {scaleServices} from '../scaling.ts'
import {parseScales} from '../up-options.ts'

export const scale = command({
  summary: 'Run another number of containers of services',
  usage: 'scale [OPTIONS] SERVICE=N [SERVICE=N...]',
  options: {'no-deps': {type: 'boolean', description: 'without the services that are depended on'}},
  operands: {minimum: 1},
  async run({values, operands, context}) {
    await scaleServices(context, parseScales(operands), {noDeps: values['no-deps']})
    return 0
  },
})
