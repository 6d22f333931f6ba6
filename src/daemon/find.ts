import {StackError} from '../base/error.ts'
import type {ContainerRecord} from '../model/container.ts'
import type {Image} from '../model/image.ts'
import type {NetworkRecord} from '../model/network.ts'
import type {Runtime, VolumeRecord} from '../runtime/runtime.ts'

/** By id, name, or an unambiguous beginning of the id, in this order, as Docker looks. */
export function findContainer(runtime: Runtime, asked: string): ContainerRecord {
  const name = asked.replace(/^\//, '')
  const exact = runtime.containers.get(asked) ?? runtime.containers.named(name)
  if (exact) return exact
  const begun = /^[0-9a-f]+$/.test(asked) ? runtime.containers.list().filter(each => each.id.startsWith(asked)) : []
  if (begun.length > 1) throw new StackError('bad-request', `multiple IDs found with provided prefix: ${asked}`)
  if (begun[0]) return begun[0]
  throw new StackError('not-found', `No such container: ${asked}`)
}

export function findNetwork(runtime: Runtime, asked: string): NetworkRecord {
  const found = runtime.networks.find(asked) ?? runtime.networks.list().find(each => each.id.startsWith(asked))
  if (found) return found
  throw new StackError('not-found', `network ${asked} not found`)
}

export function findVolume(runtime: Runtime, name: string): VolumeRecord {
  const found = runtime.volumes.find(name)
  if (found) return found
  throw new StackError('not-found', `get ${name}: no such volume`)
}

export function findImage(runtime: Runtime, reference: string): Image {
  const found = runtime.images.find(reference)
  if (found) return found
  throw new StackError('image-not-found', `No such image: ${reference}`)
}
