import {command} from '../command.ts'

export const daemon = command({
  summary: 'Serve the Engine API on a unix socket',
  usage: 'daemon',
  details: 'Started by the first command that needs it; it leaves when the last container is gone.',
  options: {},
  operands: {maximum: 0},
  async run({context}) {
    const {runDaemon} = await import('../../daemon/main.ts')
    return runDaemon(context.environment)
  },
})
