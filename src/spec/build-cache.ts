/** The directory of `type=local,src=DIR` or `dest=DIR`; undefined for caches of another kind. */
export function cacheDirectory(text: string): string | undefined {
  const fields = new Map(text.split(',').map(each => each.split(/=(.*)/s) as [string, string]))
  return fields.get('type') === 'local' ? (fields.get('src') ?? fields.get('dest')) || undefined : undefined
}

/** The same with another directory. */
export const withDirectory = (text: string, directory: string): string =>
  text.replace(/(^|,)(src|dest)=[^,]*/, (_, comma: string, name: string) => `${comma}${name}=${directory}`)
