import {statfsSync} from 'node:fs'
import {errnoOf} from '../../base/error.ts'

/** NSFS_MAGIC: what statfs says of a file that holds a namespace. */
const namespaceFile = 0x6e736673

export function isNamespace(path: string): boolean {
  try {
    return statfsSync(path).type === namespaceFile
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
}
