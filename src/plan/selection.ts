import {StackError} from '../base/error.ts'
import {suggest} from '../base/suggest.ts'

/** Fails for the first name that is not known. */
export function checkServices(names: readonly string[], known: Iterable<string>): void {
  const all = [...known]
  for (const name of names) {
    if (all.includes(name)) continue
    const near = suggest(name, all)
    throw new StackError(
      'not-found',
      `no such service: ${name}`,
      near === undefined ? {} : {hint: `did you mean "${near}"?`},
    )
  }
}
