import {join} from 'node:path/posix'
import {hashOf} from '../../base/hash.ts'
import {imageView} from '../../runtime/container/layers.ts'
import {lookup} from '../../runtime/container/root-view.ts'
import type {Instruction} from '../dockerfile/instruction.ts'
import {agedTo} from '../epoch.ts'
import {writerOver} from '../files/writer.ts'
import {ownerOf} from './copy.ts'
import {type StepContext, type Stepped, stepOf} from './stage.ts'
import {expanded, type State} from './state.ts'

/** WORKDIR: made where it is not there, for the user of the moment. */
export async function workdirStep(
  state: State,
  instruction: Extract<Instruction, {value: unknown}>,
  context: StepContext,
): Promise<Stepped> {
  const asked = expanded(state, instruction.value)
  const path = asked.startsWith('/') ? join('/', asked) : join('/', state.config.workingDir, asked)
  const workingDir = path === '/' ? path : path.replace(/\/$/, '')
  const config = {...state.config, workingDir}
  const view = imageView(state.step)
  if (lookup(view, workingDir)?.kind === 'directory') return {state: {...state, config}, isCached: true}
  const {user} = state.config
  const owner = ownerOf(state, user === '' ? undefined : {text: user, at: instruction.at})
  const key = hashOf({step: 'workdir', on: state.step.id, workingDir, owner, epoch: context.request.epoch})
  const {step, isCached} = await stepOf(context, {key, parent: state.step}, async () => {
    const workplace = await context.builds.workplace()
    try {
      const writer = writerOver(view, workplace.directory)
      await writer.directory(workingDir, owner)
      const written = await writer.finish()
      await agedTo(context.request.epoch, written)
      return await context.builds.add(key, state.step, written)
    } finally {
      await workplace.remove()
    }
  })
  return {state: {...state, step, config}, isCached}
}
