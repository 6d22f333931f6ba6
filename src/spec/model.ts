import type {SourceFile} from '../base/diagnostic.ts'
import {withBuildContexts} from './contexts.ts'
import {resolveExtends} from './extends.ts'
import {includeAll} from './include.ts'
import {merge} from './merge.ts'
import {type Context, prepare, type Setting} from './source.ts'
import {type MapTree, withoutKeys} from './tree.ts'

/** Files that make one model together, the later over the earlier. `chain` are the files that included them. */
export type ModelSource = {
  readonly files: readonly SourceFile[]
  readonly setting: Setting
  readonly chain: readonly string[]
}

/** All documents of all files, and of those that they include and extend, as one canonical tree. */
export function loadModel({files, setting, chain}: ModelSource, context: Context): MapTree | undefined {
  let model: MapTree | undefined
  for (const file of files) {
    for (const document of context.documents(file)) {
      const prepared = prepare(document, setting, {context, isFragment: model !== undefined})
      const included = includeAll(prepared, {setting, chain: [...chain, file.path]}, {context, loadModel})
      for (const each of included) model = merge(model, each)
      const extended = resolveExtends(prepared, file.path, {setting, context})
      model = merge(model, withoutKeys(extended, ['include']))
    }
  }
  return model && withBuildContexts(model, setting.without.has('paths') ? '.' : setting.base.directory)
}
