import {limits, type Point} from '../../messages.ts'
import {bytes, percent} from '../format.ts'
import {h, type Node} from '../node.ts'
import {spark} from '../spark.ts'

type Chart = {
  readonly title: string
  readonly value: (point: Point) => number
  readonly words: (value: number) => string
  /** What the chart's height stands for at least. */
  readonly floor: number
}

const rate = (value: number) => `${bytes(value)}/s`
const charts: readonly Chart[] = [
  {title: 'CPU', value: ({cpu}) => cpu, words: percent, floor: 0.05},
  {title: 'Memory', value: ({memory}) => memory, words: bytes, floor: 1e6},
  {title: 'Network', value: ({received, sent}) => received + sent, words: rate, floor: 2000},
]
const size = {width: 120, height: 28, points: limits.points}

export const chartsOf = (history: readonly Point[]): Node =>
  h(
    'dl',
    {class: 'charts'},
    charts.map(each => chartOf(each, history)),
  )

function chartOf({title, value, words, floor}: Chart, history: readonly Point[]): Node {
  const values = history.map(value)
  const {line, area, highest} = spark(values, {...size, floor})
  const now = values.length === 0 ? '–' : words(values.at(-1)!)
  return h(
    'div',
    {class: 'chart'},
    h('dt', {}, title),
    h('dd', {}, now),
    h(
      'svg',
      {
        viewBox: `0 0 ${size.width} ${size.height}`,
        preserveAspectRatio: 'none',
        role: 'img',
        'aria-label': `${title}: ${now} now, ${words(highest)} at most in the last five minutes`,
      },
      h('path', {class: 'area', d: area}),
      h('path', {class: 'line', d: line, 'vector-effect': 'non-scaling-stroke'}),
    ),
  )
}
