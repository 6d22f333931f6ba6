import {StackError} from '../../base/error.ts'
import {command} from '../command.ts'
import {usage} from '../parse.ts'
import {hostWithPort} from '../present.ts'
import {oneContainer} from '../selection.ts'

export const port = command({
  summary: 'Print where a port of a service is published',
  usage: 'port [OPTIONS] SERVICE PORT[/PROTOCOL]',
  options: {
    index: {type: 'integer', value: 'N', minimum: 1, description: 'of the container with this number'},
    protocol: {type: 'choice', choices: ['tcp', 'udp'], description: 'tcp (default) or udp'},
  },
  operands: {minimum: 2, maximum: 2},
  async run({values, operands: [service = '', written = ''], context}) {
    const match = /^(\d+)(?:\/(tcp|udp))?$/.exec(written)
    if (match === null) throw usage(`"${written}" is no port`, 'stack port web 80')
    const target = Number(match[1])
    const protocol = values.protocol ?? match[2] ?? 'tcp'
    const container = await oneContainer(context, service, values.index)
    const found = container.ports.find(
      each => each.target === target && each.protocol === protocol && each.published !== 0,
    )
    if (found === undefined)
      throw new StackError('not-found', `no port ${target}/${protocol} of service "${service}" is published`)
    context.print(`${hostWithPort(found.hostIp, found.published)}\n`)
    return 0
  },
})
