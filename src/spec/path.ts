import type {Span} from '../base/diagnostic.ts'
import type {Tree} from './tree.ts'

/** Where a value stands in the document: keys and list positions. */
export type Path = readonly (string | number)[]

/** `services.web.ports[0]`; keys that are not plain words are quoted. */
export function renderPath(path: Path): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else if (/^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/.test(part)) text += text === '' ? part : `.${part}`
    else text += `[${JSON.stringify(part)}]`
  }
  return text
}

/** The value at a path, or the nearest one above it that exists. */
export function nearest(tree: Tree, path: Path): {readonly value: Tree; readonly key: Span} {
  let found = {value: tree, key: tree.at}
  for (const part of path) {
    const next = step(found.value, part)
    if (next === undefined) return found
    found = next
  }
  return found
}

function step(tree: Tree, part: string | number): {readonly value: Tree; readonly key: Span} | undefined {
  if (tree.kind === 'map') return tree.entries.get(String(part))
  const item = tree.kind === 'list' ? tree.items[Number(part)] : undefined
  return item === undefined ? undefined : {value: item, key: item.at}
}
