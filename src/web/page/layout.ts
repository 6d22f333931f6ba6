import {inOrder} from '../../base/graph.ts'

export type GraphNode = {readonly name: string; readonly needs: readonly string[]}

export type Placed = {readonly name: string; readonly x: number; readonly y: number; readonly layer: number}
/** From a service to one that it needs, past others: centres of what it goes by, top to bottom. */
export type Edge = {
  readonly from: string
  readonly to: string
  readonly points: ReadonlyArray<readonly [number, number]>
}
export type Layout = {
  readonly nodes: readonly Placed[]
  readonly edges: readonly Edge[]
  readonly width: number
  readonly height: number
}

export type Measures = {
  readonly width: number
  readonly height: number
  /** Between neighbours, and between layers. */
  readonly gap: number
  readonly rise: number
}

/** A node, or a place where an edge passes a layer. */
type Place = {readonly name: string; readonly isNode: boolean; readonly below: string[]; readonly above: string[]}

/** Whoever needs others stands above them; those that have to do with nobody stand in rows below all. */
export function layout(all: readonly GraphNode[], measures: Measures): Layout {
  const known = new Set(all.map(({name}) => name))
  const nodes = [...all]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({name, needs}) => ({name, needs: needs.filter(other => known.has(other) && other !== name).sort()}))
  const needed = new Set(nodes.flatMap(({needs}) => needs))
  const joined = nodes.filter(({name, needs}) => needs.length > 0 || needed.has(name))
  const {rows, chains} = layered(joined)
  untangle(rows)
  const widest = Math.max(0, ...rows.map(row => row.length))
  const alone = nodes.filter(each => !joined.includes(each)).map(({name}) => name)
  const inRow = Math.max(3, widest)
  const more: Place[][] = []
  for (let at = 0; at < alone.length; at += inRow)
    more.push(alone.slice(at, at + inRow).map(name => ({name, isNode: true, below: [], above: []})))
  return placed([...rows, ...more], chains, measures)
}

/** How far each is from whoever nobody needs, by the longest way; circles, which no project has, are cut. */
export function layersOf(nodes: readonly GraphNode[]): Map<string, number> {
  const needs = new Map(nodes.map(({name, needs}) => [name, needs]))
  const layers = new Map<string, number>()
  const lastFirst = inOrder(needs.keys(), name => needs.get(name) ?? []).reverse()
  for (const name of lastFirst) {
    const layer = layers.get(name) ?? 0
    layers.set(name, layer)
    for (const other of needs.get(name) ?? [])
      if (needs.has(other)) layers.set(other, Math.max(layers.get(other) ?? 0, layer + 1))
  }
  return layers
}

type Chain = {readonly from: string; readonly to: string; readonly through: readonly string[]}

function layered(nodes: readonly GraphNode[]): {rows: Place[][]; chains: Chain[]} {
  const layers = layersOf(nodes)
  const rows: Place[][] = Array.from({length: Math.max(-1, ...layers.values()) + 1}, () => [])
  const places = new Map<string, Place>()
  const add = (name: string, layer: number, isNode: boolean) => {
    const place: Place = {name, isNode, below: [], above: []}
    places.set(name, place)
    rows[layer]!.push(place)
  }
  for (const {name} of nodes) add(name, layers.get(name)!, true)
  const chains = nodes.flatMap(({name: from, needs}) =>
    needs
      .filter(to => layers.get(to)! > layers.get(from)!)
      .map(to => {
        const [first, last] = [layers.get(from)!, layers.get(to)!]
        const through = Array.from({length: last - first - 1}, (_, index) => `${from}\n${to}\n${index}`)
        for (const [index, name] of through.entries()) add(name, first + 1 + index, false)
        const whole = [from, ...through, to]
        for (const [index, name] of whole.slice(1).entries()) {
          places.get(whole[index]!)!.below.push(name)
          places.get(name)!.above.push(whole[index]!)
        }
        return {from, to, through}
      }),
  )
  return {rows, chains}
}

/** Each row in the order of the middle of its neighbours, down and up a few times: that leaves few crossings. */
function untangle(rows: Place[][]): void {
  for (let round = 0; round < 4; round++) {
    for (const [row, next] of pairs(rows)) sortBy(next, row, ({above}) => above)
    for (const [row, next] of pairs(rows).reverse()) sortBy(row, next, ({below}) => below)
  }
}

const pairs = (rows: Place[][]): Array<readonly [Place[], Place[]]> =>
  rows.slice(1).map((row, index) => [rows[index]!, row] as const)

function sortBy(row: Place[], beside: readonly Place[], neighbours: (place: Place) => readonly string[]): void {
  const at = new Map(beside.map(({name}, index) => [name, (index + 0.5) / beside.length]))
  const middle = new Map(
    row.map((place, index) => {
      const found = neighbours(place).flatMap(name => at.get(name) ?? [])
      return [place, found.length === 0 ? (index + 0.5) / row.length : found.reduce((a, b) => a + b) / found.length]
    }),
  )
  row.sort((a, b) => middle.get(a)! - middle.get(b)! || (a.name < b.name ? -1 : 1))
}

function placed(rows: readonly Place[][], chains: readonly Chain[], {width, height, gap, rise}: Measures): Layout {
  const widthOf = ({isNode}: Place) => (isNode ? width : gap)
  const lengthOf = (row: readonly Place[]) =>
    row.reduce((sum, each) => sum + widthOf(each), 0) + Math.max(0, row.length - 1) * gap
  const whole = Math.max(0, ...rows.map(lengthOf))
  const centres = new Map<string, readonly [number, number]>()
  const nodes: Placed[] = []
  for (const [layer, row] of rows.entries()) {
    let x = (whole - lengthOf(row)) / 2
    const y = layer * (height + rise)
    for (const place of row) {
      if (place.isNode) nodes.push({name: place.name, x, y, layer})
      centres.set(place.name, [x + widthOf(place) / 2, y + height / 2])
      x += widthOf(place) + gap
    }
  }
  const edges = chains.map(({from, to, through}) => {
    const [start, end] = [centres.get(from)!, centres.get(to)!]
    const points = [
      [start[0], start[1] + height / 2] as const,
      ...through.map(name => centres.get(name)!),
      [end[0], end[1] - height / 2] as const,
    ]
    return {from, to, points}
  })
  return {nodes, edges, width: whole, height: Math.max(0, rows.length * (height + rise) - rise)}
}

/** A line through all points that leaves and arrives upright. */
export const curve = (points: Edge['points']): string =>
  points
    .map(([x, y], index) => {
      if (index === 0) return `M${x},${y}`
      const [fromX, fromY] = points[index - 1]!
      const middle = (fromY + y) / 2
      return `C${fromX},${middle} ${x},${middle} ${x},${y}`
    })
    .join('')
