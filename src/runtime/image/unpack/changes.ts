import {StackError} from '../../../base/error.ts'
import {native, type TreeChange} from '../../../native/binding.ts'
import {refused} from './path.ts'

const mostChanges = 256
const mostBytes = 1 << 20

/** Changes as they are asked for: `TreeChange` with its path as bytes in characters. */
export type Change = TreeChange extends infer Each ? (Each extends TreeChange ? Omit<Each, 'path'> : never) : never

/** Changes of one directory, gathered and done on the thread pool in order, while more are gathered. */
export type Changes = {
  add(path: string, change: Change): Promise<void>
  /** Resolves when all are done; rejects with the first that failed. */
  settle(): Promise<void>
  /** Directories that were made since nobody had named them, up to the last `settle`. */
  readonly implied: Set<string>
}

export type ChangesOptions = {
  readonly root: string
  readonly kind: 'layer' | 'container'
  /** How many directories may be made that nobody named. */
  readonly mostImplied: number
  /** A failure of the addon in words. */
  readonly explain: (error: unknown) => unknown
}

export function changesOf({root, kind, mostImplied, explain}: ChangesOptions): Changes {
  const implied = new Set<string>()
  let gathered: TreeChange[] = []
  let bytes = 0
  let running: Promise<void> = Promise.resolve()

  async function apply(changes: readonly TreeChange[]): Promise<void> {
    const made = await native()
      .changeTree({root, kind, changes})
      .catch((error: unknown) => {
        throw explain(error)
      })
    for (const path of made) implied.add(Buffer.from(path).toString('latin1'))
    if (implied.size > mostImplied) throw new StackError('image-failed', `more than ${mostImplied} directories`)
  }

  async function flush(): Promise<void> {
    await running
    const changes = gathered
    gathered = []
    bytes = 0
    running = changes.length === 0 ? Promise.resolve() : apply(changes)
    // Its failure is told by the next call that waits for it.
    running.catch(() => undefined)
  }

  return {
    implied,
    async add(path, change) {
      gathered.push({...change, path: Buffer.from(path, 'latin1')})
      bytes += 'data' in change ? change.data.byteLength : 0
      if (gathered.length >= mostChanges || bytes >= mostBytes) await flush()
    },
    async settle() {
      await flush()
      const last = running
      running = Promise.resolve()
      await last
    },
  }
}

const reasons: Readonly<Record<string, string>> = {
  EBUSY: 'the root of a layer is a directory',
  EXDEV: 'a symbolic link on its way leads out of the layer',
  ELOOP: 'symbolic links on its way lead nowhere',
  ENOTDIR: 'something on its way is not a directory',
  ENOTEMPTY: 'it would replace a directory that has something in it',
  ENOENT: 'a symbolic link on its way leads to nothing, or what it names is not there',
  ENAMETOOLONG: 'a name is too long',
  EFBIG: 'it is larger than this file system can store',
  EPERM: 'the kernel does not permit it; unpacking images needs root',
}

/** A failure of the addon in words; `subject` is the path. What is the disk's fault is not the entry's. */
export function refusalOf(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || !('subject' in error)) return error
  const {code, subject} = error
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new StackError('image-failed', 'no space is left on the disk', {cause: error})
  }
  const reason = reasons[String(code)]
  return reason === undefined ? error : refused(Buffer.from(String(subject)).toString('latin1'), reason, error)
}
