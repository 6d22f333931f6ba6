import type {SecurityModule} from '../base/security-modules.ts'
import type {Code, problem, Report} from './problem.ts'
import type {Tree} from './tree.ts'

/** What the answer depends on beside the file. */
export type SupportContext = {
  /** `linux/amd64`; undefined: any platform is taken. */
  readonly platform: string | undefined
  /** Active on this machine; undefined: not known. */
  readonly securityModules: readonly SecurityModule[] | undefined
}

export type Tell = {readonly where: string; readonly context: SupportContext; readonly report: Report}
export type ValueCheck = (tree: Tree, tell: Tell) => void

type Make = (
  code: Code,
  message: string,
  place: {readonly at: Tree['at']; readonly hint?: string},
) => ReturnType<typeof problem>
export const unsupported = (make: Make, message: string, place: {readonly at: Tree['at']; readonly hint?: string}) =>
  make('unsupported', message, place)
