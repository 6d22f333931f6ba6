import type {Provider} from '../../model/project.ts'
import type {CanonicalService} from '../canonical-form.ts'
import {mapValues} from '../normalise.ts'

export function providerOf({provider}: CanonicalService): Provider | undefined {
  if (provider === undefined) return undefined
  const options = mapValues(provider.options ?? {}, value => [value].flat().map(String))
  return {type: provider.type ?? '', options}
}
