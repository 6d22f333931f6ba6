import {spawnSync} from 'node:child_process'
import type {TestContext} from 'vitest'

const tests: Readonly<Record<string, () => boolean>> = {
  root: () => process.getuid?.() === 0,
}

const lacking = (wanted: readonly string[]): string[] =>
  wanted.filter(each => !(tests[each] ?? (() => spawnSync('which', [each]).status === 0))())

/** Skips a test where a tool is missing, saying so; under STACK_STRICT=1 that is a failure. */
export function needs(context: TestContext, ...wanted: string[]): void {
  const missing = lacking(wanted)
  if (missing.length === 0) return
  if (process.env.STACK_STRICT === '1') throw new Error(`this machine lacks ${missing.join(', ')}`)
  context.skip(`this machine lacks ${missing.join(', ')}`)
}

/**
 * As `needs`, of what is too much to install for every run: without it the test is skipped under STACK_STRICT, too, and
 * `because` says what it would take.
 */
export function likes(context: TestContext, tool: string, because: string): void {
  if (lacking([tool]).length > 0) context.skip(`this machine lacks ${tool} (${because})`)
}
