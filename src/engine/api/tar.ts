import {type Header, pack} from 'tar-stream'

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

/** A tar archive in one piece. `modified`: seconds. */
export async function tarOf(entries: readonly TarEntry[], modified: number): Promise<Buffer> {
  const archive = pack()
  const mtime = new Date(modified * 1000)
  for (const entry of entries) {
    const header = {...headerOf(entry), mtime}
    if (entry.kind === 'file') archive.entry(header, Buffer.from(entry.data))
    else archive.entry(header)
  }
  archive.finalize()
  const pieces: Buffer[] = []
  for await (const piece of archive) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

function headerOf(entry: TarEntry): Partial<Header> & {name: string} {
  const {path: name, mode, uid = 0, gid = 0, kind: type} = entry
  return {
    name,
    mode,
    uid,
    gid,
    type,
    ...(entry.kind === 'symlink' ? {linkname: entry.target} : {}),
    ...(Math.max(uid, gid) > mostId ? {pax: {uid: `${uid}`, gid: `${gid}`}} : {}),
  }
}

/** That the plain header has room for. */
const mostId = 0o777777
