import stringWidth from 'string-width'

/** Columns padded to their widest cell, three spaces between them, nothing behind the last. */
export function table(headings: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const all = [headings, ...rows]
  const widths = headings.map((_, column) => Math.max(...all.map(row => stringWidth(row[column] ?? ''))))
  return all.map(row => `${line(row, widths)}\n`).join('')
}

const line = (row: readonly string[], widths: readonly number[]): string =>
  widths
    .map((width, column) => padEnd(row[column] ?? '', width))
    .join('   ')
    .trimEnd()

/** Pads by what is seen: wide characters count twice, colours not at all. */
export const padEnd = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - stringWidth(text)))
