import {type Action, beginning, reduce} from '../page/state.ts'
import {page} from '../page/view/page.ts'
import {listen, send, takeToken} from './connection.ts'
import {patch} from './patch.ts'

const token = takeToken()
const place = document.getElementById('page')!
let state = beginning
let isDue = false

/** Everything that happens comes through here; the page is drawn from the state at the next frame. */
function act(action: Action): void {
  state = reduce(state, action)
  if (isDue) return
  isDue = true
  // A tab in the background draws no frames: there it is done a few times a second.
  if (document.hidden) setTimeout(draw, 250)
  else requestAnimationFrame(draw)
}

function draw(): void {
  isDue = false
  patch(place, page(state, new Date().getTimezoneOffset()))
  document.title = state.project === '' ? 'stack' : `${state.project} · stack`
  for (const each of document.querySelectorAll('[data-scroll="end"]')) each.scrollTop = each.scrollHeight
}

async function order(what: 'scale' | 'restart', service: string, to: number): Promise<void> {
  const complaint = await send(token, what === 'scale' ? {what, service, to} : {what, service})
  if (complaint !== '') act({kind: 'complaint', text: complaint})
}

function press(target: EventTarget | null): boolean {
  const element = target instanceof Element ? target.closest('[data-do]') : null
  const service = element?.getAttribute('data-service') ?? ''
  const what = element?.getAttribute('data-do')
  if (what === 'focus') act({kind: 'focus', service})
  else if (what === 'scale' || what === 'restart') void order(what, service, Number(element?.getAttribute('data-to')))
  else return false
  return true
}

function follow(on: boolean): void {
  if (on !== state.follows) act({kind: 'follow', on})
}

/** The lines that something happens in have some above what is shown. */
const canGoUp = (target: EventTarget | null) =>
  target instanceof Element && (target.closest('.lines')?.scrollTop ?? 0) > 0

place.addEventListener('click', ({target}) => press(target))
place.addEventListener('input', ({target}) => {
  if (target instanceof HTMLInputElement && target.dataset.do === 'filter') act({kind: 'filter', text: target.value})
  if (target instanceof HTMLInputElement && target.dataset.do === 'follow') act({kind: 'follow', on: target.checked})
  if (target instanceof HTMLSelectElement) act({kind: 'choose', service: target.value || undefined})
})
// Who scrolls up wants to read; who comes back to the end wants to follow. Browsers scroll little by little: a line that
// comes at the beginning of the way up must not lead back.
let top = 0
place.addEventListener(
  'scroll',
  ({target}) => {
    if (!(target instanceof Element && target.matches('.lines'))) return
    const isAtEnd = target.scrollTop + target.clientHeight > target.scrollHeight - 8
    const isUp = target.scrollTop < top
    top = target.scrollTop
    if (!isAtEnd || !isUp) follow(isAtEnd)
  },
  {capture: true, passive: true},
)
place.addEventListener('wheel', ({target, deltaY}) => canGoUp(target) && deltaY < 0 && follow(false), {passive: true})
document.addEventListener('keydown', event => {
  const {key, target} = event
  if (canGoUp(target) && ['Home', 'PageUp', 'ArrowUp'].includes(key)) follow(false)
  const isTyping = target instanceof HTMLInputElement || target instanceof HTMLSelectElement
  const isButton = target instanceof SVGElement && (key === 'Enter' || key === ' ')
  if (isButton && press(target)) event.preventDefault()
  if (key === '/' && !isTyping) {
    event.preventDefault()
    document.querySelector<HTMLInputElement>('input[name=filter]')?.focus()
  }
})

draw()
void listen(token, {
  heard: message => act({kind: 'message', message}),
  changed: connection => act({kind: 'connection', connection}),
})
