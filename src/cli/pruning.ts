import {StackError} from '../base/error.ts'
import type {Filters} from '../engine/images.ts'
import type {PruneKind, Upkeep} from '../engine/upkeep.ts'
import {sizeText} from '../ui/size.ts'
import {ask} from './ask.ts'
import type {Context} from './context.ts'

export const pruneOptions = {
  filter: {
    type: 'string',
    value: 'KEY=VALUE',
    multiple: true,
    description: 'only what was made before until=TIME or AGE, or has label=KEY[=VALUE]; label!=… has not',
  },
  force: {type: 'boolean', short: 'f', description: 'without asking'},
} as const

export type Pruning = {
  /** What goes, for people. */
  readonly what: readonly string[]
  readonly force: boolean
  /** In this order. */
  readonly kinds: ReadonlyArray<readonly [PruneKind, Filters]>
}

const headings: Readonly<Record<PruneKind, string>> = {
  containers: 'Deleted containers',
  networks: 'Deleted networks',
  volumes: 'Deleted volumes',
  images: 'Deleted images',
  build: 'Deleted steps of builds',
}

/** What of an engine takes place on the disk. */
export async function upkeepOf(context: Context): Promise<Upkeep> {
  const {upkeep, name} = await context.engine()
  if (upkeep !== undefined) return upkeep
  throw new StackError('unsupported', `${name} keeps nothing on a disk`)
}

/** Asks, removes, and says what came free. Gives the exit code: 1 where nobody agreed. */
export async function prune(context: Context, {what, force, kinds}: Pruning): Promise<number> {
  const {io, settings} = context
  if (settings.dryRun) {
    context.print(`this would remove:\n${what.map(each => `  ${each}\n`).join('')}`)
    return 0
  }
  if (!force && !(await ask(io, `remove ${what.join(', ')}?`))) {
    if (io.stdin.isTTY === true) return 0
    throw new StackError('usage', 'nobody is there to agree', {hint: 'say so with --force', exitCode: 1})
  }
  const upkeep = await upkeepOf(context)
  let freed = 0
  for (const [kind, filters] of kinds) {
    const gone = await upkeep.prune(kind, filters)
    freed += gone.freed
    if (gone.removed.length > 0)
      context.print(`${headings[kind]}:\n${gone.removed.map(each => `${each}\n`).join('')}\n`)
  }
  context.print(`Total reclaimed space: ${sizeText(freed)}\n`)
  return 0
}
