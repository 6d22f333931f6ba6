import {StackError} from '../base/error.ts'
import type {Engine} from '../engine/engine.ts'
import type {ImageLibrary} from '../engine/images.ts'

/** The images of an engine that keeps some. */
export function libraryOf({library, name}: Engine): ImageLibrary {
  if (library !== undefined) return library
  throw new StackError('unsupported', `${name} keeps no images`)
}
