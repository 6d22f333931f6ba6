import type {Hook, PreStart} from '../../model/project.ts'
import type {CanonicalHook} from '../canonical-form.ts'
import {defined} from './defined.ts'

/** undefined where there are none, so that a service without hooks is the same as before there were any. */
export const hooksOf = (hooks: readonly CanonicalHook[] | undefined): readonly Hook[] | undefined =>
  hooks === undefined || hooks.length === 0 ? undefined : hooks.map(hookOf)

export const preStartOf = (
  hooks: ReadonlyArray<CanonicalHook & {readonly image?: string}> | undefined,
  image: string,
): readonly PreStart[] | undefined =>
  hooks === undefined || hooks.length === 0
    ? undefined
    : hooks.map(hook => ({...settingsOf(hook), image: hook.image ?? image, command: hook.command ?? null}))

const hookOf = (hook: CanonicalHook): Hook => ({...settingsOf(hook), command: hook.command ?? []})

const settingsOf = ({privileged, environment, user, working_dir: workingDir}: CanonicalHook) => ({
  privileged: privileged ?? false,
  environment: valuesOf(environment),
  ...defined({user, workingDir}),
})

/** A variable that has no value anywhere is not set. */
export const valuesOf = (environment: CanonicalHook['environment'] = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(environment).flatMap(([name, value]) => (value === null ? [] : [[name, value]])))
