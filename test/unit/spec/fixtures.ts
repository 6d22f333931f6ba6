import {existsSync, readFileSync} from 'node:fs'
import {resolve} from 'node:path'

/** Public test data that lies beside a checkout, never in it: STACK_FIXTURES, else ../shared/fixtures. */
export const fixtures = process.env.STACK_FIXTURES ?? resolve(import.meta.dirname, '../../../../shared/fixtures')

export const withoutFixtures = existsSync(fixtures)
  ? undefined
  : 'the shared fixtures are not beside this checkout (STACK_FIXTURES)'

/** The rows of a table of cases; none where the fixtures are absent. */
export function vectors<T>(name: string): T[] {
  const path = resolve(fixtures, 'vectors', name)
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T[]) : []
}
