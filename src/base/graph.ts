/** A circle among the nodes, its first node again at the end, or undefined; edges to unknown nodes are followed too. */
export function findCycle(nodes: Iterable<string>, edges: (node: string) => Iterable<string>): string[] | undefined {
  const done = new Set<string>()
  for (const start of nodes) {
    const cycle = done.has(start) ? undefined : search(start, edges, done)
    if (cycle !== undefined) return cycle
  }
  return undefined
}

/** Depth first with a stack of its own: a chain may be longer than the call stack. */
function search(start: string, edges: (node: string) => Iterable<string>, done: Set<string>): string[] | undefined {
  const open = new Set([start])
  const stack = [{node: start, rest: edges(start)[Symbol.iterator]()}]
  while (stack.length > 0) {
    const {node, rest} = stack.at(-1)!
    const {done: end, value: next} = rest.next()
    if (end === true) {
      stack.pop()
      open.delete(node)
      done.add(node)
    } else if (open.has(next)) {
      const path = [...open]
      return [...path.slice(path.indexOf(next)), next]
    } else if (!done.has(next)) {
      open.add(next)
      stack.push({node: next, rest: edges(next)[Symbol.iterator]()})
    }
  }
  return undefined
}

/** The nodes with what they need before them; nodes that are free to come first keep their order. Edges elsewhere are skipped, circles cut. */
export function inOrder(nodes: Iterable<string>, edges: (node: string) => Iterable<string>): string[] {
  const known = new Set(nodes)
  const ordered = new Set<string>()
  for (const start of known) {
    const open = new Set([start])
    const stack = [{node: start, rest: edges(start)[Symbol.iterator]()}]
    while (stack.length > 0) {
      const {node, rest} = stack.at(-1)!
      const {done: end, value: next} = rest.next()
      if (end === true) {
        stack.pop()
        ordered.add(node)
      } else if (known.has(next) && !ordered.has(next) && !open.has(next)) {
        open.add(next)
        stack.push({node: next, rest: edges(next)[Symbol.iterator]()})
      }
    }
  }
  return [...ordered]
}

/** The nodes and all that can be reached from them, as far as `edges` knows. */
export function reachable(starts: Iterable<string>, edges: (node: string) => Iterable<string>): Set<string> {
  const found = new Set(starts)
  for (const node of found) for (const next of edges(node)) found.add(next)
  return found
}
