import {writeFile} from 'node:fs/promises'
import {hashOf} from '../../base/hash.ts'
import type {Changed} from '../../runtime/image/steps.ts'
import type {Heredoc} from '../dockerfile/line.ts'
import {agedTo} from '../epoch.ts'
import {failureAt} from '../failure.ts'
import {shellOf, wordsFor} from './configure.ts'
import type {RunInstruction, Taken, Undo} from './given.ts'
import {mountsOf, undoAll} from './mounts.ts'
import {type StepContext, type Stepped, stepOf} from './stage.ts'
import type {State} from './state.ts'
import {withoutStubs} from './stubs.ts'

const mostSaid = 20

/** What a build may be told of its surroundings without a step being another for it. */
const outside = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'].flatMap(each => [
  each,
  each.toLowerCase(),
])

/** RUN: a container on top of the step before, whose changes are the new step. */
export async function runStep(state: State, instruction: RunInstruction, context: StepContext): Promise<Stepped> {
  const {request, host, builds, signal} = context
  const {command, script} = commandOf(state, instruction)
  const args = [...state.args].filter(([name]) => !state.config.env.some(each => each.startsWith(`${name}=`)))
  const env = [...args.map(([name, value]) => `${name}=${value}`), ...state.config.env]
  const network = instruction.network === undefined ? request.network : networkOf(instruction.network.text)
  const mounts = await mountsOf(state, instruction, context)
  const {user} = state.config
  const workingDir = state.config.workingDir || '/'
  const key = hashOf({
    step: 'run',
    on: state.step.id,
    command,
    script,
    env: [...env].sort(),
    user,
    workingDir,
    network,
    extraHosts: request.extraHosts,
    epoch: request.epoch,
    isPrivileged: request.privileged || undefined,
    mounts: mounts.map(each => each.identity),
  })
  const {step, isCached} = await stepOf(context, {key, parent: state.step}, async () => {
    const said: string[] = []
    const undo: Undo = []
    try {
      const given: Taken[] = []
      for (const each of mounts) given.push(await each.take(undo))
      if (script !== undefined) given.push({mounts: [await scriptMount(context, script, undo)]})
      const taken = given.flatMap(each => each.mounts ?? [])
      const proxies = outside.flatMap(name =>
        request.args[name] === undefined ? [] : [`${name}=${request.args[name]}`],
      )
      const result = await host.run(
        {
          image: state.step,
          command,
          env: [...proxies, ...given.flatMap(each => each.env ?? []), ...env],
          user,
          workingDir,
          network,
          extraHosts: request.extraHosts,
          ...(request.shmSize === undefined ? {} : {shmSize: request.shmSize}),
          ulimits: request.ulimits,
          privileged: request.privileged,
          mounts: taken,
          secretEnv: given.flatMap(each => each.secretEnv ?? []),
        },
        {
          signal,
          onLine(line) {
            said.push(line)
            if (said.length > mostSaid) said.shift()
            context.onLine(line)
          },
        },
      )
      undo.push(() => result.remove())
      signal.throwIfAborted()
      if (result.code !== 0) {
        throw failureAt(instruction.at, `${shortened(instruction.text)} ended with exit code ${result.code}`, {said})
      }
      await withoutStubs(result.changed, state.step, taken)
      await agedTo(request.epoch, result.changed)
      const changed = request.epoch === undefined ? result.changed : await named(key, result.changed, builds)
      return await builds.addOnce(key, state.step, changed)
    } finally {
      await undoAll(undo)
    }
  })
  return {state: {...state, step}, isCached}
}

/** Layers by what is in them: whoever builds for the same time gets the same image, if his programs do the same. */
async function named(key: string, changed: Changed, builds: StepContext['builds']): Promise<Changed> {
  const all: Changed[number][] = []
  for (const {target, directory} of changed) {
    all.push({target, directory, layer: hashOf({key, target, holds: await builds.digestOf(directory)})})
  }
  return all
}

const shortened = (text: string): string => (text.length > 60 ? `${text.slice(0, 59)}…` : text)
const networkOf = (text: string) => (text === 'none' || text === 'host' ? text : 'default')

/** A heredoc alone is the script; beside other words it is what the shell reads there. */
function commandOf(state: State, {command, heredocs}: RunInstruction): {command: readonly string[]; script?: string} {
  const [first] = heredocs
  if (first === undefined || 'exec' in command) return {command: wordsFor(state, command)}
  if (heredocs.length === 1 && /^<<-?\S+$/.test(command.shell.trim())) {
    if (!first.content.startsWith('#!')) return {command: [...shellOf(state), first.content]}
    return {command: [scriptPath], script: first.content}
  }
  return {command: [...shellOf(state), [command.shell, ...heredocs.map(written)].join('\n')]}
}

const written = ({content, name}: Heredoc): string => `${content}${name}`

const scriptPath = '/dev/pipes/script'

async function scriptMount({builds}: StepContext, script: string, undo: Undo) {
  const workplace = await builds.workplace()
  undo.push(workplace.remove)
  const source = `${workplace.directory}/script`
  await writeFile(source, script, {mode: 0o755})
  return {type: 'bind' as const, source, target: scriptPath, readOnly: true}
}
