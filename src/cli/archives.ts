import {StackError} from '../base/error.ts'
import type {ImageArchives} from '../engine/engine.ts'
import type {Context} from './context.ts'

/** What loads and saves images, of an engine that keeps some. */
export async function archivesOf(context: Context): Promise<ImageArchives> {
  const {archives, name} = await context.engine()
  if (archives !== undefined) return archives
  throw new StackError('unsupported', `${name} keeps no images`)
}
