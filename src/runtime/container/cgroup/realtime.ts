import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'

const file = 'cpu.rt_runtime_us'

/**
 * Real-time CPU time is handed down: a cgroup can have only what the one above has. Those above the given one that
 * have none get as much as the tree's root, so far as the kernel lets them; where it does not, the write below them
 * fails and says so.
 */
export function lendRealtime(directory: string | undefined): void {
  const above = directory === undefined ? [] : ancestors(dirname(directory))
  const [root, ...rest] = above.reverse()
  if (root === undefined) return
  const most = readFileSync(join(root, file), 'utf8').trim()
  for (const each of rest) {
    if (readFileSync(join(each, file), 'utf8').trim() !== '0') continue
    try {
      writeFileSync(join(each, file), most)
    } catch {
      return
    }
  }
}

/** The directory and those above it, up to the tree's root. */
function ancestors(directory: string): string[] {
  return existsSync(join(directory, file)) ? [directory, ...ancestors(dirname(directory))] : []
}

/** Why a write of real-time limits failed, and what to do; undefined for another file. */
export const realtimeHint = (name: string): string | undefined =>
  name.startsWith('cpu.rt_')
    ? 'the kernel must have real-time groups (CONFIG_RT_GROUP_SCHED), and time left that no other group has'
    : undefined
