import {Writable} from 'node:stream'
import {describe} from '../base/error.ts'
import type {ActualContainer, Engine} from '../engine/engine.ts'
import {execute} from '../execute/execute.ts'
import {specOf} from '../execute/hooks.ts'
import {perform} from '../execute/perform.ts'
import type {Hook, Project} from '../model/project.ts'
import {planRestart} from '../plan/lifecycle.ts'
import type {Report} from './events.ts'

export type Acting = {
  readonly engine: Engine
  readonly project: Project
  readonly report: Report
  readonly signal: AbortSignal
  readonly parallel: number | undefined
}

/** Restarts services, and after them those that ask to be restarted with them. Gives all that were. */
export async function restart({engine, project, report, signal, parallel}: Acting, services: readonly string[]) {
  const actual = await engine.observe(project.name)
  const {steps} = planRestart({name: project.name, project}, actual, {services})
  const failures = await execute(steps, perform(engine, project.name), {signal, report: () => {}, parallel})
  for (const {step, error} of failures) {
    const message = `${step.operation.kind}: ${describe(error)}`
    report({
      kind: 'warned',
      ...('container' in step.operation ? {service: step.operation.container.service} : {}),
      message,
    })
  }
  const touched = steps.flatMap(({operation}) =>
    operation.kind === 'start-container' ? [operation.container.service] : [],
  )
  return [...new Set(touched)]
}

/** Runs a rule's command in each container; one that fails is told, and keeps nobody else from its own. */
export async function runInAll(
  {engine, report}: Acting,
  hook: Hook,
  containers: readonly ActualContainer[],
): Promise<void> {
  await Promise.all(
    containers.map(async ({id, name, service}) => {
      const output = lastWords()
      const said = await engine
        .exec(id, specOf(hook), {stdout: output.stream, stderr: output.stream})
        .then(code => (code === 0 ? undefined : `ended with ${code}${output.text()}`), describe)
      if (said !== undefined)
        report({kind: 'warned', service, message: `${hook.command.join(' ')} in ${name}: ${said}`})
    }),
  )
}

/** The end of what a command says, for when it fails. */
function lastWords() {
  let text = ''
  const stream = new Writable({
    write(data: Buffer, _encoding, done) {
      text = (text + data.toString('utf8')).slice(-400)
      done()
    },
  })
  return {stream, text: () => (text.trim() === '' ? '' : `: ${text.trim().split('\n').at(-1)}`)}
}
