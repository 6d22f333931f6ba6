import {type Loads, limits, type ServiceState, type Work} from '../../messages.ts'
import {type Condition, conditionOf, conditionOfReplica} from '../condition.ts'
import {bytes, percent, portsOf} from '../format.ts'
import {h, type Node} from '../node.ts'
import {isBusy, lastWork, type PageState} from '../state.ts'
import {chartsOf} from './charts.ts'

export const services = (state: PageState): Node =>
  h(
    'section',
    {class: 'services', 'aria-label': 'Each service', key: 'services'},
    state.services.map(each => serviceCard(each, state)),
  )

function serviceCard(service: ServiceState, state: PageState): Node {
  const {name, replicas, image} = service
  const work = lastWork(state, name)
  return h(
    'article',
    {class: `card service ${state.focus === name ? 'chosen' : ''}`, key: name, 'data-name': name},
    h(
      'header',
      {},
      h('div', {class: 'what'}, h('h3', {}, name), badge(conditionOf(service)), h('span', {class: 'image'}, image)),
      controls(service, work, state),
    ),
    progress(work),
    ports(service),
    chartsOf(state.history[name] ?? []),
    replicas.length > 0 && containers(service, state.loads),
  )
}

const badge = ({tone, mark, words}: Condition): Node =>
  h('span', {class: `badge ${tone}`}, h('span', {class: 'mark', 'aria-hidden': 'true'}, mark), ` ${words}`)

function controls({name, replicas, fixed}: ServiceState, work: Work | undefined, {connection}: PageState): Node {
  const cannot = isBusy(work) || connection !== 'live'
  const count = isBusy(work) && work?.order.what === 'scale' ? work.order.to : replicas.length
  const step = (to: number, sign: string, words: string) =>
    h(
      'button',
      {
        ...{type: 'button', 'data-do': 'scale', 'data-service': name, 'data-to': to},
        ...{'aria-label': `${words} of ${name}`, title: fixed === '' ? words : fixed},
        disabled: cannot || fixed !== '' || to < 0 || to > limits.replicas,
      },
      sign,
    )
  return h(
    'div',
    {class: 'controls'},
    h(
      'div',
      {class: 'stepper', role: 'group', 'aria-label': `containers of ${name}`},
      step(count - 1, '−', 'one container fewer'),
      h('output', {'aria-label': 'containers'}, count),
      step(count + 1, '+', 'one container more'),
    ),
    h(
      'button',
      {
        ...{type: 'button', 'data-do': 'restart', 'data-service': name, 'aria-label': `restart ${name}`},
        disabled: cannot || replicas.length === 0,
      },
      'Restart',
    ),
  )
}

/** What is being done with it, or why it failed. */
function progress(work: Work | undefined): Node | false {
  if (work === undefined || work.phase === 'done') return false
  const {order, phase, error = ''} = work
  const what = order.what === 'scale' ? `Scaling to ${order.to}` : 'Restarting'
  if (phase === 'failed')
    return h(
      'p',
      {class: 'work bad', role: 'alert'},
      h('span', {'aria-hidden': 'true'}, '▲ '),
      `${what} failed: ${error}`,
    )
  return h('p', {class: 'work', role: 'status'}, phase === 'waiting' ? `${what}: waiting…` : `${what}…`)
}

function ports({name, replicas}: ServiceState): Node | false {
  const all = portsOf(replicas.flatMap(each => each.ports))
  if (all.length === 0) return false
  return h(
    'ul',
    {class: 'ports', 'aria-label': `ports of ${name}`},
    all.map(({text, link}) =>
      h(
        'li',
        {key: text},
        link === undefined ? text : h('a', {href: link, target: '_blank', rel: 'noreferrer noopener'}, text),
      ),
    ),
  )
}

function containers({replicas}: ServiceState, loads: Loads): Node {
  const heading = (text: string) => h('th', {scope: 'col'}, text)
  return h(
    'details',
    {},
    h('summary', {}, replicas.length === 1 ? 'One container' : `${replicas.length} containers`),
    h(
      'div',
      {class: 'scroll'},
      h(
        'table',
        {},
        h('thead', {}, h('tr', {}, heading('Name'), heading('State'), heading('CPU'), heading('Memory'))),
        h(
          'tbody',
          {},
          replicas.map(each => {
            const load = loads[each.id]
            return h(
              'tr',
              {key: each.id},
              h('th', {scope: 'row'}, each.name),
              h('td', {}, badge(conditionOfReplica(each))),
              h('td', {}, load === undefined ? '–' : percent(load.cpu)),
              h('td', {}, load === undefined ? '–' : bytes(load.memory)),
            )
          }),
        ),
      ),
    ),
  )
}
