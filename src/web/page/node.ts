/** An element as the page is to have it. Text is text: nothing that comes from a container is ever taken for markup. */
export type Node = {
  readonly tag: string
  /** Tells it from its neighbours, wherever it moves. */
  readonly key?: string
  /** false and undefined: without it; true: with it, empty. */
  readonly attributes: Readonly<Record<string, Value>>
  readonly children: readonly Child[]
}
export type Child = Node | string
type Value = string | number | boolean | undefined
type Given = Child | number | false | undefined | readonly Given[]

export function h(tag: string, attributes: Readonly<Record<string, Value>> = {}, ...given: readonly Given[]): Node {
  const {key, ...others} = attributes
  const children = given.flatMap(childrenOf)
  return {tag, attributes: others, children, ...(key === undefined ? {} : {key: String(key)})}
}

function childrenOf(given: Given): Child[] {
  if (given === false || given === undefined) return []
  if (typeof given === 'number') return [String(given)]
  return typeof given === 'string' || 'tag' in given ? [given] : given.flatMap(childrenOf)
}

/** The text of an element, as somebody reads it. */
export const textOf = (child: Child): string =>
  typeof child === 'string' ? child : child.children.map(textOf).filter(Boolean).join(' ')
