import {summary} from '../condition.ts'
import {h, type Node} from '../node.ts'
import type {Connection, PageState} from '../state.ts'
import {graph} from './graph.ts'
import {logs} from './logs.ts'
import {services} from './services.ts'

/** The whole page; `offset` is how many minutes the reader's clock is behind UTC. */
export const page = (state: PageState, offset: number): Node[] => [
  top(state),
  h(
    'main',
    {key: 'main'},
    h('div', {class: 'notes', key: 'notes'}, notes(state)),
    ...(isKnown(state) ? [graph(state), services(state), logs(state, offset)] : []),
  ),
]

const isKnown = ({connection, project}: PageState): boolean => connection !== 'refused' && project !== ''

function top(state: PageState): Node {
  const {tone, mark, words} = summary(state.services)
  return h(
    'header',
    {class: 'top', key: 'top'},
    h('h1', {}, h('span', {class: 'product'}, 'stack'), ` ${state.project}`),
    isKnown(state) &&
      h(
        'p',
        {class: `badge ${tone}`, role: 'status'},
        h('span', {class: 'mark', 'aria-hidden': 'true'}, mark),
        ` ${words}`,
      ),
    h('p', {class: `connection ${state.connection}`}, connections[state.connection]),
  )
}

const connections: Readonly<Record<Connection, string>> = {
  connecting: 'connecting…',
  live: 'live',
  lost: 'not connected, trying again…',
  refused: 'not admitted',
  ended: '“stack ui” has ended',
}

function notes({connection, trouble, complaint}: PageState): Node[] {
  const texts = [
    ...(connection === 'refused'
      ? [
          'This address is not valid, or no more: open the one that “stack ui” has printed, with all that follows the #.',
        ]
      : []),
    ...(connection === 'ended' || connection === 'lost'
      ? ['What is shown is how it was when the connection ended.']
      : []),
    ...[trouble, complaint].filter(Boolean),
  ]
  return texts.map(text => h('p', {class: 'note', role: 'alert', key: text}, text))
}
