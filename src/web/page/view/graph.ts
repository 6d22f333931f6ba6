import type {ServiceState} from '../../messages.ts'
import {conditionOf} from '../condition.ts'
import {curve, type Edge, type Layout, layout, type Placed} from '../layout.ts'
import {h, type Node} from '../node.ts'
import type {PageState} from '../state.ts'

const measures = {width: 148, height: 54, gap: 22, rise: 46}
const margin = 6

/** What the edge is waited for, where that is more than a start. */
const conditions: Readonly<Record<string, string>> = {
  service_healthy: 'healthy',
  service_completed_successfully: 'completed',
}

/** Made once for what does not change. */
const made = new WeakMap<readonly ServiceState[], Layout>()

function layoutOf(services: readonly ServiceState[]): Layout {
  const known = made.get(services)
  if (known !== undefined) return known
  const nodes = services.map(({name, dependsOn}) => ({name, needs: dependsOn.map(each => each.name)}))
  const placed = layout(nodes, measures)
  made.set(services, placed)
  return placed
}

export function graph({services, focus}: Pick<PageState, 'services' | 'focus'>): Node {
  const placed = layoutOf(services)
  const [width, height] = [placed.width + 2 * margin, placed.height + 2 * margin]
  const byName = new Map(services.map(each => [each.name, each]))
  return h(
    'section',
    {class: 'card graph', 'aria-labelledby': 'graph-title', key: 'graph'},
    h('h2', {id: 'graph-title'}, 'Services'),
    h(
      'div',
      {class: 'scroll'},
      h(
        'svg',
        {
          viewBox: `${-margin} ${-margin} ${width} ${height}`,
          width,
          height,
          role: 'group',
          'aria-label': 'Services, each above those that it depends on',
        },
        h(
          'defs',
          {},
          h(
            'marker',
            {
              ...{id: 'tip', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 9, markerHeight: 9},
              ...{orient: 'auto', markerUnits: 'userSpaceOnUse'},
            },
            h('path', {d: 'M0,0.5L7.5,4L0,7.5Z', class: 'tip'}),
          ),
        ),
        placed.edges.map(edge => edgeOf(edge, byName.get(edge.from)!, focus)),
        placed.nodes.map(node => nodeOf(node, byName.get(node.name)!, focus)),
      ),
    ),
    h('p', {class: 'hint'}, 'An arrow leads to what is depended on. Choose a service to see its output alone.'),
  )
}

function edgeOf({from, to, points}: Edge, {dependsOn}: ServiceState, focus: string | undefined): Node {
  const words = conditions[dependsOn.find(({name}) => name === to)?.condition ?? ''] ?? 'started'
  const isNear = focus === from || focus === to
  return h(
    'g',
    {class: `edge ${isNear ? 'near' : ''}`, key: `${from} ${to}`},
    h('title', {}, `${from} waits until ${to} is ${words}`),
    h('path', {
      d: curve(points),
      'marker-end': 'url(#tip)',
      'stroke-dasharray': words === 'started' ? '4 4' : undefined,
    }),
  )
}

function nodeOf({name, x, y}: Placed, service: ServiceState, focus: string | undefined): Node {
  const {tone, mark, words} = conditionOf(service)
  const count = service.replicas.length
  return h(
    'g',
    {
      ...{class: `node ${tone}`, key: name, transform: `translate(${x} ${y})`, role: 'button', tabindex: 0},
      ...{'data-do': 'focus', 'data-service': name, 'aria-pressed': focus === name ? 'true' : 'false'},
      'aria-label': `${name}: ${words}${count > 1 ? `, ${count} containers` : ''}`,
    },
    count > 1 && h('rect', {class: 'behind', x: 4, y: 4, width: measures.width, height: measures.height, rx: 9}),
    h('rect', {class: 'box', width: measures.width, height: measures.height, rx: 9}),
    h('text', {class: 'mark', x: 14, y: 24, 'aria-hidden': 'true'}, mark),
    h('text', {class: 'name', x: 32, y: 23}, cut(name, 13)),
    count > 1 && h('text', {class: 'count', x: measures.width - 12, y: 23, 'text-anchor': 'end'}, `×${count}`),
    h('text', {class: 'words', x: 32, y: 42}, cut(words, 17)),
  )
}

const cut = (text: string, length: number): string => (text.length <= length ? text : `${text.slice(0, length - 1)}…`)
