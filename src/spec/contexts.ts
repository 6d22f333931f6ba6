import {type MapTree, scalar, withEntry, withServices} from './tree.ts'

/** `build` without a context builds the directory of its own files. */
export const withBuildContexts = (model: MapTree, directory: string): MapTree =>
  withServices(model, service => {
    const build = service.entries.get('build')
    if (build?.value.kind !== 'map' || build.value.entries.has('context')) return service
    const {at} = build.value
    const value = withEntry(build.value, 'context', {key: at, value: scalar(directory, at)})
    return withEntry(service, 'build', {key: build.key, value})
  })
