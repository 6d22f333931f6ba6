import type {Diagnostic} from '../base/diagnostic.ts'
import {frame} from '../base/frame.ts'
import type {Style} from './style.ts'

/** All problems with their frames, the severity and the carets coloured. */
export const renderDiagnostics = (problems: readonly Diagnostic[], style: Style): string =>
  problems.map(problem => `${paint(frame(problem), problem, style)}\n`).join('\n')

function paint(text: string, {severity, message}: Diagnostic, style: Style): string {
  const colour = severity === 'error' ? style.bad : style.warning
  return text
    .replace(`${severity}: ${message}`, () => `${colour(`${severity}:`)} ${style.bold(message)}`)
    .replace(/^( +\| +)(\^+)$/m, (_, margin: string, carets: string) => margin + colour(carets))
}
