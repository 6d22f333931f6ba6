import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {curve, type GraphNode, layersOf, layout} from '../../../src/web/page/layout.ts'

const measures = {width: 100, height: 40, gap: 20, rise: 30}
const nodes = (needs: Readonly<Record<string, readonly string[]>>): GraphNode[] =>
  Object.entries(needs).map(([name, needs]) => ({name, needs}))
const rows = (needs: Readonly<Record<string, readonly string[]>>): string[] => {
  const placed = [...layout(nodes(needs), measures).nodes].sort((a, b) => a.y - b.y || a.x - b.x)
  return [...new Set(placed.map(({y}) => y))].map(y =>
    placed
      .filter(each => each.y === y)
      .map(({name}) => name)
      .join(' '),
  )
}

describe('layers', () => {
  test('whoever needs others stands above all of them', () => {
    expect(rows({web: ['db', 'cache'], db: [], cache: []})).toEqual(['web', 'cache db'])
    expect(rows({web: ['api', 'db'], api: ['db'], db: []})).toEqual(['web', 'api', 'db'])
  })

  test('those that have to do with nobody stand below, in rows', () => {
    expect(rows({a: ['b'], b: [], p: [], q: [], r: [], s: []})).toEqual(['a', 'b', 'p q r', 's'])
  })

  test('what is not there, and a service itself, is not needed; circles end', () => {
    expect(rows({a: ['nobody', 'a']})).toEqual(['a'])
    expect([...layersOf(nodes({a: ['b'], b: ['a']})).keys()].sort()).toEqual(['a', 'b'])
    expect(layout(nodes({a: ['b'], b: ['a']}), measures).nodes).toHaveLength(2)
  })

  test('nothing has no size', () => {
    expect(layout([], measures)).toEqual({nodes: [], edges: [], width: 0, height: 0})
  })
})

describe('order within a layer', () => {
  test('lines do not cross where they need not', () => {
    expect(rows({a: ['z'], b: ['y'], y: [], z: []})).toEqual(expect.arrayContaining(['a b', 'z y']))
  })
})

test('an edge goes by the layers between at a place of its own', () => {
  const {edges, nodes: placed} = layout(nodes({web: ['api', 'db'], api: ['db'], db: []}), measures)
  const long = edges.find(({from, to}) => from === 'web' && to === 'db')!
  const api = placed.find(({name}) => name === 'api')!
  expect(long.points).toHaveLength(3)
  const [x] = long.points[1]!
  expect(x < api.x || x > api.x + measures.width).toBe(true)
  expect(
    curve([
      [0, 0],
      [10, 20],
    ]),
  ).toBe('M0,0C0,10 10,10 10,20')
})

test('whatever the graph: nobody overlaps, every edge leads down, all is inside, a hundred are done at once', () => {
  const dag = fc.integer({min: 1, max: 14}).chain(count =>
    fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), {maxLength: 40}).map(pairs =>
      Array.from({length: count}, (_, index) => ({
        name: `s${index}`,
        needs: [...new Set(pairs.filter(([a, b]) => a === index && b > a).map(([, b]) => `s${b}`))],
      })),
    ),
  )
  fc.assert(
    fc.property(dag, graph => {
      const {nodes: placed, edges, width, height} = layout(graph, measures)
      expect(placed).toHaveLength(graph.length)
      for (const {x, y} of placed) {
        expect(x >= 0 && x + measures.width <= width + 1e-6 && y + measures.height <= height + 1e-6).toBe(true)
      }
      for (const a of placed)
        for (const b of placed)
          if (a.name < b.name && a.y === b.y) expect(Math.abs(a.x - b.x)).toBeGreaterThanOrEqual(measures.width)
      expect(edges).toHaveLength(graph.reduce((sum, {needs}) => sum + needs.length, 0))
      for (const {points} of edges)
        for (const [index, [, y]] of points.slice(1).entries()) expect(y).toBeGreaterThan(points[index]![1])
    }),
  )
  const all = Array.from({length: 100}, (_, at) => ({
    name: `s${at}`,
    needs: Array.from({length: 100 - at - 1}, (_, more) => `s${at + more + 1}`),
  }))
  expect(layersOf(all).get('s99')).toBe(99)
})
