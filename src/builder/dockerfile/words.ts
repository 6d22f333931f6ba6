/** A word as it was written, with its quotes, and where it begins in the line. */
export type Word = {readonly text: string; readonly from: number}

/** Splits at blanks outside quotes; `escapeBy` takes its meaning from the character after it. */
export function splitWords(text: string, escapeBy: string, start = 0): Word[] {
  const words: Word[] = []
  let from = -1
  let quote = ''
  for (let at = start; at <= text.length; at++) {
    const each = text[at]
    if (each === undefined || (quote === '' && /\s/.test(each))) {
      if (from >= 0) words.push({text: text.slice(from, at), from})
      from = -1
      continue
    }
    if (from < 0) from = at
    if (each === escapeBy && quote !== "'") at++
    else if (quote === '' && (each === '"' || each === "'")) quote = each
    else if (each === quote) quote = ''
  }
  return words
}

/** A JSON list of texts, as the exec form has it, or undefined. */
export function jsonList(text: string): string[] | undefined {
  if (!text.trimStart().startsWith('[')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) && value.every(each => typeof each === 'string') ? value : undefined
  } catch {
    return undefined
  }
}
