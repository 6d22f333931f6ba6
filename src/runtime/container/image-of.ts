import {StackError} from '../../base/error.ts'
import type {ContainerRecord} from '../../model/container.ts'
import type {Image} from '../../model/image.ts'
import type {Images} from '../runtime.ts'

/** The image that the container was made from, by its id: the reference may mean another one by now. */
export function imageOf(images: Images, {image, imageId}: ContainerRecord): Image {
  const found = images.find(imageId)
  if (found !== undefined) return found
  throw new StackError('image-not-found', `image "${image}" (${imageId.slice(0, 19)}) is not present`, {
    hint: `pull it again: stack pull, or make the container anew with stack up`,
  })
}
