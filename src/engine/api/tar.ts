/** An entry of an archive, its path without a leading slash. */
export type TarEntry = {
  readonly path: string
  readonly mode: number
  readonly uid?: number
  readonly gid?: number
} & (
  | {readonly kind: 'file'; readonly data: Uint8Array}
  | {readonly kind: 'directory'}
  | {readonly kind: 'symlink'; readonly target: string}
)

const block = 512
const types = {file: '0', directory: '5', symlink: '2', extended: 'x'}

/** A tar archive (ustar; PAX for what is longer or more than ASCII), in one piece. `modified`: seconds. */
export function tarOf(entries: readonly TarEntry[], modified: number): Buffer {
  const longer = entries.map(extendedOf)
  const sizes = entries.map((entry, index) => sizeOf(longer[index]) + block + padded(dataOf(entry).byteLength))
  const archive = Buffer.alloc(sizes.reduce((sum, size) => sum + size, 0) + 2 * block)
  let at = 0
  for (const [index, entry] of entries.entries()) {
    const extended = longer[index]
    const data = dataOf(entry)
    if (extended !== undefined) {
      writeHeader(archive, at, {type: types.extended, name: '@', mode: 0o644, size: extended.length, modified})
      extended.copy(archive, at + block)
    }
    const {kind, path: name, mode, uid, gid} = entry
    const start = at + sizeOf(extended)
    const linked = kind === 'symlink' ? entry.target : ''
    writeHeader(archive, start, {type: types[kind], name, linked, mode, uid, gid, size: data.byteLength, modified})
    archive.set(data, start + block)
    at += sizes[index]!
  }
  return archive
}

const nothing = new Uint8Array()
const dataOf = (entry: TarEntry): Uint8Array => (entry.kind === 'file' ? entry.data : nothing)
const padded = (size: number): number => Math.ceil(size / block) * block
const sizeOf = (extended: Buffer | undefined): number => (extended === undefined ? 0 : block + padded(extended.length))

const longest = 100
const isPlain = (text: string): boolean => text.length <= longest && Buffer.byteLength(text) === text.length

const mostId = 0o7777777
const isSmall = (id = 0): boolean => id <= mostId

/** The records of an extended header, where the fields of a plain one do not do. */
function extendedOf(entry: TarEntry): Buffer | undefined {
  const {path, uid, gid} = entry
  const linkpath = entry.kind === 'symlink' ? entry.target : ''
  if (isPlain(path) && isPlain(linkpath) && isSmall(uid) && isSmall(gid)) return undefined
  const fields = Object.entries({path, linkpath, uid: `${uid ?? 0}`, gid: `${gid ?? 0}`})
  return Buffer.from(
    fields
      .filter(([, value]) => value !== '')
      .map(([key, value]) => record(key, value))
      .join(''),
  )
}

/** `LENGTH KEY=VALUE\n`; the length is that of all of it, its own digits too. */
function record(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`)
  const digits = `${rest}`.length
  const length = rest + `${rest + digits}`.length
  return `${length} ${key}=${value}\n`
}

type Header = {
  readonly type: string
  readonly name: string
  readonly linked?: string
  readonly mode: number
  readonly uid?: number | undefined
  readonly gid?: number | undefined
  readonly size: number
  readonly modified: number
}

/** Into zeros. */
function writeHeader(archive: Buffer, at: number, header: Header): void {
  const text = (value: string, offset: number, most: number) => archive.write(value, at + offset, most, 'latin1')
  const octal = (value: number, offset: number, digits: number) =>
    text(value.toString(8).padStart(digits, '0'), offset, digits)
  text(header.name, 0, longest)
  octal(header.mode, 100, 7)
  octal(Math.min(header.uid ?? 0, mostId), 108, 7)
  octal(Math.min(header.gid ?? 0, mostId), 116, 7)
  octal(header.size, 124, 11)
  octal(header.modified, 136, 11)
  text('        ', 148, 8)
  text(header.type, 156, 1)
  text(header.linked ?? '', 157, longest)
  text('ustar\x0000', 257, 8)
  let sum = 0
  for (let index = at; index < at + block; index++) sum += archive[index]!
  octal(sum, 148, 6)
  archive[at + 154] = 0
}
