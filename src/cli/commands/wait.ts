import {deferred} from '../../base/deferred.ts'
import {StackError} from '../../base/error.ts'
import type {ActualContainer, Engine} from '../../engine/engine.ts'
import {command} from '../command.ts'
import {containersOf} from '../selection.ts'

export const wait = command({
  summary: 'Wait until the first container of services ends',
  usage: 'wait SERVICE [SERVICE...]',
  details: 'Prints its exit code, and ends with it.',
  options: {},
  operands: {minimum: 1},
  async run({operands, context}) {
    const engine = await context.engine()
    const {name} = await context.scope()
    const {signal, stop} = context.io.interrupts.abortSignal()
    try {
      const code = await firstExit({engine, project: name, signal, look: () => containersOf(context, operands)})
      context.print(`${code}\n`)
      return code
    } finally {
      stop()
    }
  },
})

type Waiting = {
  readonly engine: Engine
  readonly project: string
  readonly signal: AbortSignal
  readonly look: () => Promise<ActualContainer[]>
}

/** How often to look although no event came: one may pass before the connection for events is made. */
const lookAgain = 1000

async function firstExit({engine, project, signal, look}: Waiting): Promise<number> {
  const closing = new AbortController()
  const ended = deferred<number>()
  const check = async () => {
    const containers = await look()
    if (containers.length === 0) throw new StackError('not-found', 'no containers to wait for', {hint: 'stack up -d'})
    const over = containers.find(({status}) => status === 'exited' || status === 'dead')
    if (over !== undefined) ended.resolve(over.exitCode)
  }
  const watch = async () => {
    for await (const {action} of engine.events(project, closing.signal)) if (action === 'die') await check()
  }
  const timer = setInterval(() => check().catch(ended.reject), lookAgain)
  signal.addEventListener('abort', () => ended.reject(new StackError('cancelled', 'interrupted')), {once: true})
  try {
    await check()
    watch().catch(ended.reject)
    return await ended.promise
  } finally {
    clearInterval(timer)
    closing.abort()
  }
}
