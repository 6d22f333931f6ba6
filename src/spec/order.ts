import type {Diagnostic} from '../base/diagnostic.ts'

/** In the order of the files; what is said of the same place again is left out. */
export function inOrder(problems: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>()
  const kept = problems.filter((each, index) => {
    const key = `${each.code} ${each.message} ${each.at?.file.path}:${each.at?.start}`
    if (seen.has(key) || followsFrom(each, problems.slice(0, index))) return false
    seen.add(key)
    return true
  })
  const files = new Map<string, number>()
  for (const {at} of problems) if (at !== undefined && !files.has(at.file.path)) files.set(at.file.path, files.size)
  const rank = ({at}: Diagnostic) => (at === undefined ? -1 : files.get(at.file.path)!)
  return kept.sort((a, b) => rank(a) - rank(b) || (a.at?.start ?? 0) - (b.at?.start ?? 0))
}

/** An alias that means nothing is no good value either: that much is clear. */
function followsFrom({code, at}: Diagnostic, earlier: readonly Diagnostic[]): boolean {
  if (code !== 'bad-value' || at === undefined) return false
  return earlier.some(
    each => /^(?:yaml-|alias-)/.test(each.code) && each.at?.file === at.file && each.at.start === at.start,
  )
}
