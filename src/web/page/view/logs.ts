import type {LogLine} from '../../messages.ts'
import {clock} from '../format.ts'
import {chosenLines} from '../lines.ts'
import {h, type Node} from '../node.ts'
import type {PageState} from '../state.ts'

export function logs(state: PageState, offset: number): Node {
  const {shown, count} = chosenLines(state)
  return h(
    'section',
    {class: 'card logs', 'aria-labelledby': 'logs-title', key: 'logs'},
    h(
      'header',
      {},
      h('h2', {id: 'logs-title'}, 'Output'),
      h('span', {class: 'hint'}, `${count} line${count === 1 ? '' : 's'}`),
      controls(state),
    ),
    h(
      'ol',
      {class: 'lines', tabindex: 0, 'aria-label': 'lines, the newest last', 'data-scroll': state.follows ? 'end' : ''},
      shown.map(line => lineOf(line, offset)),
    ),
  )
}

const controls = ({services, filter, focus, follows}: PageState): Node =>
  h(
    'div',
    {class: 'controls'},
    h(
      'label',
      {},
      h('span', {}, 'Of '),
      h(
        'select',
        {'data-do': 'choose', value: focus ?? '', name: 'service'},
        h('option', {value: '', key: ''}, 'all services'),
        services.map(({name}) => h('option', {value: name, key: `s ${name}`}, name)),
      ),
    ),
    h(
      'label',
      {},
      h('span', {}, 'With '),
      h('input', {
        ...{
          type: 'search',
          'data-do': 'filter',
          value: filter,
          name: 'filter',
          autocomplete: 'off',
          spellcheck: 'false',
        },
        ...{placeholder: 'words, -words', title: 'lines that have every word, and none with a - in front; key: /'},
      }),
    ),
    h(
      'label',
      {class: 'check'},
      h('input', {type: 'checkbox', 'data-do': 'follow', checked: follows, name: 'follow'}),
      h('span', {}, ' newest'),
    ),
  )

/** A line never changes: made once, it is not looked at again. */
const made = new WeakMap<LogLine, Node>()

function lineOf(line: LogLine, offset: number): Node {
  const known = made.get(line)
  if (known !== undefined) return known
  const {id, at, source, service, text, isError} = line
  const node = h(
    'li',
    {key: id, class: isError ? 'error' : undefined},
    h('time', {datetime: at}, clock(at, offset)),
    h('span', {class: `source c${hueOf(service)}`}, source),
    isError && h('span', {class: 'stream', title: 'standard error'}, 'err'),
    h('span', {class: 'text'}, text),
  )
  made.set(line, node)
  return node
}

/** One of six colours, the same each time. */
const hueOf = (service: string): number =>
  [...service].reduce((sum, each) => (sum * 31 + each.charCodeAt(0)) % 9973, 7) % 6
