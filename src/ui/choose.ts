import {jsonRenderer} from './json.ts'
import {plainRenderer} from './plain.ts'
import {quietRenderer} from './quiet.ts'
import type {Renderer} from './renderer.ts'
import type {Style} from './style.ts'

export type Mode = 'auto' | 'tty' | 'plain' | 'json' | 'quiet'
export type Outputs = {readonly stdout: NodeJS.WriteStream; readonly stderr: NodeJS.WriteStream; readonly style: Style}

/** The renderer for a mode; the one for terminals is loaded only when it is wanted. */
export async function chooseRenderer(mode: Mode, {stdout, stderr, style}: Outputs): Promise<Renderer> {
  const write = (text: string) => stderr.write(text)
  // A terminal that does not know how wide it is cannot be redrawn.
  const wanted = mode === 'auto' ? (stderr.isTTY && stderr.columns > 0 ? 'tty' : 'plain') : mode
  if (wanted === 'json') return gathered(jsonRenderer(write), stderr)
  if (wanted === 'quiet') return quietRenderer(write, style)
  if (wanted === 'plain') return gathered(plainRenderer(write, style), stderr)
  const {ttyRenderer} = await import('./tty.ts')
  return ttyRenderer({stdout, stderr}, style, Date.now)
}

/** What is told in one turn of the event loop is one write: a hundred containers that start have three hundred lines. */
function gathered(renderer: Renderer, stream: NodeJS.WriteStream): Renderer {
  let isHeld = false
  const letGo = () => {
    if (isHeld) stream.uncork()
    isHeld = false
  }
  return {
    ...renderer,
    tell(activity) {
      if (!isHeld) {
        isHeld = true
        stream.cork()
        setImmediate(letGo)
      }
      renderer.tell(activity)
    },
    async end() {
      letGo()
      await renderer.end()
    },
  }
}
