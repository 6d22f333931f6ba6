import {spawnSync} from 'node:child_process'
import type {TestContext} from 'vitest'

const tests: Readonly<Record<string, () => boolean>> = {
  root: () => process.getuid?.() === 0,
}

/** Skips a test where a tool is missing, saying so; under STACK_STRICT=1 that is a failure. */
export function needs(context: TestContext, ...wanted: string[]): void {
  const missing = wanted.filter(each => !(tests[each] ?? (() => spawnSync('which', [each]).status === 0))())
  if (missing.length === 0) return
  if (process.env.STACK_STRICT === '1') throw new Error(`this machine lacks ${missing.join(', ')}`)
  context.skip(`this machine lacks ${missing.join(', ')}`)
}
