/** Columns padded to their widest cell, three spaces between them, nothing behind the last. */
export async function table(headings: readonly string[], rows: ReadonlyArray<readonly string[]>): Promise<string> {
  const all = [headings, ...rows]
  const width = await measureFor(all.flat())
  const widths = headings.map((_, column) => Math.max(...all.map(row => width(row[column] ?? ''))))
  const cell = (text: string, column: number) => text + ' '.repeat(widths[column]! - width(text))
  return all
    .map(
      row =>
        `${headings
          .map((_, column) => cell(row[column] ?? '', column))
          .join('   ')
          .trimEnd()}\n`,
    )
    .join('')
}

/** Wide characters count twice, colours not at all. Its tables take long to load and are seldom needed. */
async function measureFor(cells: readonly string[]): Promise<(text: string) => number> {
  if (cells.every(each => /^[\x20-\x7e…]*$/.test(each))) return text => text.length
  const {default: stringWidth} = await import('string-width')
  return text => stringWidth(text)
}
