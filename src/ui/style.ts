import {stripVTControlCharacters} from 'node:util'
import picocolors from 'picocolors'

type Paint = (text: string) => string

/** Colours by what they mean; the only place that knows escape codes. */
export type Style = {
  readonly enabled: boolean
  readonly bold: Paint
  readonly dim: Paint
  readonly good: Paint
  readonly bad: Paint
  readonly warning: Paint
  /** One colour per source, in turn. */
  readonly cycle: readonly Paint[]
}

export function createStyle(enabled: boolean): Style {
  const pc = picocolors.createColors(enabled)
  const plain = [pc.cyan, pc.yellow, pc.green, pc.magenta, pc.blue]
  const bright = [pc.cyanBright, pc.yellowBright, pc.greenBright, pc.magentaBright, pc.blueBright]
  return {
    enabled,
    bold: pc.bold,
    dim: pc.dim,
    good: pc.green,
    bad: pc.red,
    warning: pc.yellow,
    cycle: [...plain, ...bright],
  }
}

/** Text from a container or a file that must not move the cursor of whoever reads it in a table. */
export const harmless = (text: string): string => stripVTControlCharacters(text).replace(/[\r\n\t]+/g, ' ')

export type ColourWish = {readonly ansi: 'auto' | 'never' | 'always'; readonly environment: NodeJS.ProcessEnv}

/** Colours on a terminal, unless NO_COLOR or the option says otherwise. */
export function wantsColour({ansi, environment}: ColourWish, isTerminal: boolean): boolean {
  if (ansi !== 'auto') return ansi === 'always'
  return isTerminal && !environment.NO_COLOR && environment.TERM !== 'dumb'
}
