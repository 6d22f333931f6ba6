/** The regular expression of `*` and `?` as a shell's expansion has them; a backslash takes the meaning away. */
export function globToPattern(glob: string): string {
  return glob.replace(/\\(.)|[.*+?^${}()|[\]\\]/gs, (each, escaped: string | undefined) => {
    if (escaped !== undefined) return escaped.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    if (each === '*') return '.*'
    return each === '?' ? '.' : `\\${each}`
  })
}
