import type {Child, Node as Wanted} from '../page/node.ts'

const svg = 'http://www.w3.org/2000/svg'
/** What each element was made of. */
const made = new WeakMap<Node, Wanted>()

/** Makes the children of an element those that are wanted; what is there already stays, with its focus and its place. */
export function patch(parent: Element, wanted: readonly Child[]): void {
  const keyed = new Map<string, ChildNode>()
  for (const each of parent.childNodes) {
    const key = made.get(each)?.key
    if (key !== undefined) keyed.set(key, each)
  }
  let at = parent.firstChild
  for (const child of wanted) {
    const found = typeof child !== 'string' && child.key !== undefined ? keyed.get(child.key) : at
    if (found && fits(found, child)) {
      if (found === at) at = at.nextSibling
      else parent.insertBefore(found, at)
      update(found, child)
    } else {
      parent.insertBefore(create(child, parent), at)
    }
  }
  while (at !== null) {
    const next: ChildNode | null = at.nextSibling
    at.remove()
    at = next
  }
}

function fits(there: Node, child: Child): boolean {
  if (typeof child === 'string') return there instanceof Text
  const before = made.get(there)
  return before !== undefined && before.tag === child.tag && before.key === child.key
}

function create(child: Child, parent: Element): Node {
  if (typeof child === 'string') return document.createTextNode(child)
  const isDrawn = child.tag === 'svg' || parent.namespaceURI === svg
  const element = isDrawn ? document.createElementNS(svg, child.tag) : document.createElement(child.tag)
  made.set(element, {tag: child.tag, attributes: {}, children: []})
  update(element, child)
  return element
}

function update(there: Node, child: Child): void {
  if (typeof child === 'string') {
    if (there.textContent !== child) there.textContent = child
    return
  }
  const before = made.get(there)
  if (before === child || !(there instanceof Element)) return
  made.set(there, child)
  patch(there, child.children)
  for (const name of Object.keys({...before?.attributes, ...child.attributes})) attribute(there, name, child, before)
}

function attribute(element: Element, name: string, {attributes}: Wanted, before: Wanted | undefined): void {
  const value = attributes[name]
  if (name === 'value' && (element instanceof HTMLInputElement || element instanceof HTMLSelectElement)) {
    if (element.value !== String(value ?? '')) element.value = String(value ?? '')
  } else if (name === 'checked' && element instanceof HTMLInputElement) {
    element.checked = value === true
  } else if (value !== before?.attributes[name]) {
    if (value === undefined || value === false) element.removeAttribute(name)
    else element.setAttribute(name, value === true ? '' : String(value))
  }
}
