/** One operation of the monitor and its words; docs/monitor.md has the language. */
export type MonitorStep = readonly [operation: string, ...words: string[]]

/** A program as the monitor reads it: per step its number of words, then the words, each ended by NUL. */
export function encodeProgram(steps: readonly MonitorStep[]): Uint8Array {
  return Buffer.from(encodeWords(steps.flatMap(step => [String(step.length), ...step])))
}

/** A NUL would end the word early and turn the rest into words of its own, so none can hold one. */
export function encodeWords(words: readonly string[]): string {
  const broken = words.find(word => word.includes('\0'))
  if (broken !== undefined) throw new Error(`a word for the monitor holds a NUL: ${JSON.stringify(broken)}`)
  return words.length === 0 ? '' : `${words.join('\0')}\0`
}

/** Words that each end with NUL. */
export function decodeWords(bytes: Uint8Array | string): string[] {
  const text = typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString()
  return text === '' ? [] : text.replace(/\0$/, '').split('\0')
}
