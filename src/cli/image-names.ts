/** Name and tag as columns show them; what has none is `<none>`. */
export function splitReference(reference: string): {Repository: string; Tag: string} {
  const [name = ''] = reference.split('@')
  const match = /^([a-z-]+:\/\/.*|.*?)(?::([^:/]+))?$/.exec(name)
  return {
    Repository: match?.[1] ?? name,
    Tag: match?.[2] ?? (reference.includes('@') || name.includes('://') ? '<none>' : 'latest'),
  }
}

/** As columns show an id: its first twelve digits. */
export const shortId = (id: string): string => id.replace(/^sha256:/, '').slice(0, 12)
