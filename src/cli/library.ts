import {StackError} from '../base/error.ts'
import type {ImageLibrary} from '../engine/images.ts'
import type {Context} from './context.ts'

/** The images of an engine that keeps some. */
export async function libraryOf(context: Context): Promise<ImageLibrary> {
  const {library, name} = await context.engine()
  if (library !== undefined) return library
  throw new StackError('unsupported', `${name} keeps no images`)
}
