import {join} from 'node:path'
import {hashOf} from '../../base/hash.ts'
import type {Image} from '../../model/image.ts'
import {imageView} from '../../runtime/container/layers.ts'
import {type Item, type Source, walk} from '../files/source.ts'
import {writerOver} from '../files/writer.ts'
import {type StepContext, stepOf} from './stage.ts'

type Wanted = {readonly source: Source; readonly item: Item; readonly digest: string; readonly name: string}

/** Files as a layer of their own, below `name`; '' for what is in a directory. */
export async function layerOf(context: StepContext, {source, item, digest, name}: Wanted): Promise<Image> {
  const key = hashOf({step: 'bind', digest, name})
  const empty = await context.builds.scratch()
  const attributes = source.isContext ? {owner: {uid: 0, gid: 0}} : {}
  const {step} = await stepOf({...context, isFresh: false}, {key, parent: empty}, async () => {
    const workplace = await context.builds.workplace()
    try {
      const writer = writerOver(imageView(empty), workplace.directory)
      for (const each of walk(source, item)) {
        context.signal.throwIfAborted()
        await writer.copy(each, join('/', name, each.at.slice(item.at === '/' ? 0 : item.at.length)), attributes)
      }
      return await context.builds.add(key, empty, await writer.finish())
    } finally {
      await workplace.remove()
    }
  })
  return step
}
