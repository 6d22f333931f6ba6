import {type LogLine, limits, type Work} from './messages.ts'

/** The last of a list and of what is added to it. */
export const lastOf = <T>(list: readonly T[], added: readonly T[], limit: number): readonly T[] =>
  [...list, ...added].slice(-limit)

type LineLimits = {readonly lines: number; readonly allLines: number}

/** Lines in the order of their times, of each service the last ones. */
export function withLines(
  lines: readonly LogLine[],
  added: readonly LogLine[],
  {lines: limit, allLines}: LineLimits = limits,
): readonly LogLine[] {
  const all = [...lines, ...added]
  if (!isInOrder(all, Math.max(1, lines.length))) all.sort(byTime)
  const counts = new Map<string, number>()
  const kept: LogLine[] = []
  for (let at = all.length - 1; at >= 0 && kept.length < allLines; at--) {
    const line = all[at]!
    const count = (counts.get(line.service) ?? 0) + 1
    counts.set(line.service, count)
    if (count <= limit) kept.push(line)
  }
  return kept.reverse()
}

const byTime = (a: LogLine, b: LogLine): number => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.id - b.id)

function isInOrder(lines: readonly LogLine[], from: number): boolean {
  for (let at = from; at < lines.length; at++) if (byTime(lines[at - 1]!, lines[at]!) > 0) return false
  return true
}

/** A work that is known already is replaced by what is known of it now. */
export const withWork = (works: readonly Work[], work: Work): readonly Work[] =>
  works.some(({id}) => id === work.id)
    ? works.map(each => (each.id === work.id ? work : each))
    : lastOf(works, [work], limits.works)
