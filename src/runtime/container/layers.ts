import {join} from 'node:path'
import type {Image} from '../../model/image.ts'
import type {Paths} from '../paths.ts'
import type {RootView} from './root-view.ts'
import type {OverlayFacts} from './steps.ts'

type ContainerPaths = ReturnType<Paths['container']>

/** The overlays that make a container's root: `/` first, then the image's further ones with directories of their own. */
export function overlaysOf(paths: ContainerPaths, image: Image): OverlayFacts[] {
  return [
    {target: '/', layers: image.layers, upper: paths.upper, work: paths.work},
    ...image.overlays.map(({target, layers}, index) => {
      const directory = join(paths.directory, 'overlays', String(index))
      return {target, layers, upper: join(directory, 'upper'), work: join(directory, 'work')}
    }),
  ]
}

/** The container's root as it is now, its own changes on top. */
export function rootView(paths: ContainerPaths, image: Image): RootView {
  const [root, ...others] = overlaysOf(paths, image).map(({target, layers, upper}) => ({
    target,
    layers: [upper, ...layers],
  }))
  return {layers: root?.layers ?? [], overlays: others}
}

/** What the image alone has. */
export const imageView = ({layers, overlays}: Image): RootView => ({layers, overlays})
