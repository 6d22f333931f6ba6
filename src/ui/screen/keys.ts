import type {Gesture, ScreenState} from './state.ts'

/** A letter, or one of these words. */
export type Key = 'up' | 'down' | 'pageup' | 'pagedown' | 'enter' | 'escape' | 'backspace' | 'ctrl-c' | (string & {})

/** What somebody wants who presses a key: of the screen, or of what runs. */
export type Intent =
  | Gesture
  | Action
  | {readonly kind: 'leave'; readonly how: 'detach' | 'stop' | 'down'}
  | {readonly kind: 'interrupt'}

/** For a service. */
export type Action =
  | {readonly kind: 'restart' | 'rebuild' | 'open'; readonly service: string}
  | {readonly kind: 'scale'; readonly service: string; readonly by: 1 | -1}

export const isAction = (intent: Intent): intent is Action =>
  ['restart', 'rebuild', 'open', 'scale'].includes(intent.kind)

const page = 10

export function intentOf({mode, selected, filter}: ScreenState, key: Key): Intent | undefined {
  if (key === 'ctrl-c') return {kind: 'interrupt'}
  if (mode === 'filter') return whileTyping(filter, key)
  if (mode === 'quit') return leaving.get(key)
  if (mode === 'help') return {kind: 'mode', mode: 'normal'}
  const gesture = gestures.get(key)
  if (gesture !== undefined) return gesture
  if (selected === '') return undefined
  if (key === '+' || key === '=') return {kind: 'scale', service: selected, by: 1}
  if (key === '-') return {kind: 'scale', service: selected, by: -1}
  const kind = actions.get(key)
  return kind === undefined ? undefined : {kind, service: selected}
}

const actions = new Map<Key, 'restart' | 'rebuild' | 'open'>([
  ['r', 'restart'],
  ['b', 'rebuild'],
  ['o', 'open'],
])

const leaving = new Map<Key, Intent>([
  ['d', {kind: 'leave', how: 'detach'}],
  ['s', {kind: 'leave', how: 'stop'}],
  ['x', {kind: 'leave', how: 'down'}],
  ['escape', {kind: 'mode', mode: 'normal'}],
  ['q', {kind: 'mode', mode: 'normal'}],
])

const gestures = new Map<Key, Gesture>([
  ['up', {kind: 'move', by: -1}],
  ['k', {kind: 'move', by: -1}],
  ['down', {kind: 'move', by: 1}],
  ['j', {kind: 'move', by: 1}],
  ['enter', {kind: 'focus'}],
  ['l', {kind: 'focus'}],
  ['escape', {kind: 'show all'}],
  ['/', {kind: 'mode', mode: 'filter'}],
  ['?', {kind: 'mode', mode: 'help'}],
  ['q', {kind: 'mode', mode: 'quit'}],
  ['pageup', {kind: 'scroll', by: page}],
  ['pagedown', {kind: 'scroll', by: -page}],
  ['G', {kind: 'scroll', by: Number.NEGATIVE_INFINITY}],
  ['w', {kind: 'wrap'}],
])

function whileTyping(filter: string, key: Key): Intent | undefined {
  if (key === 'enter') return {kind: 'mode', mode: 'normal'}
  if (key === 'escape') return {kind: 'show all'}
  if (key === 'backspace') return {kind: 'filter', text: [...filter].slice(0, -1).join('')}
  return [...key].length === 1 ? {kind: 'filter', text: filter + key} : undefined
}
