import {describe, hintOf} from '../base/error.ts'
import type {Renderer} from '../ui/renderer.ts'
import {Silent} from './failure.ts'

/** One thing to do, and how it is worded while it is done and after. */
export type Task = {
  readonly id: string
  readonly doing: string
  readonly done: string
  run(progress: (text: string) => void): Promise<unknown>
  /** A failure is a warning. */
  readonly mayFail?: boolean
}

/** One thing that is left as it is, and why. */
export type Skipped = {readonly id: string; readonly skipped: string}

/** Does all of them at once; what fails is shown and ends the command with 1 when the rest is done. */
export async function workOn(title: string, tasks: ReadonlyArray<Task | Skipped>, renderer: Renderer): Promise<void> {
  renderer.begin(
    title,
    tasks.map(({id}) => id),
  )
  const errors: string[] = []
  await Promise.all(
    tasks.map(async task => {
      const {id} = task
      if ('skipped' in task) return renderer.tell({id, text: 'Skipped', status: 'done', details: task.skipped})
      const {doing, done, run, mayFail = false} = task
      renderer.tell({id, text: doing, status: 'working'})
      try {
        await run(details => renderer.tell({id, text: doing, status: 'working', details}))
        renderer.tell({id, text: done, status: 'done'})
      } catch (error) {
        const [details = ''] = describe(error).split('\n')
        if (mayFail) return renderer.tell({id, text: 'Warning', status: 'warning', details})
        errors.push(`${id}: ${describe(error)}${tried(error)}`)
        renderer.tell({id, text: 'Error', status: 'error', details})
      }
    }),
  )
  await renderer.end()
  for (const error of errors) renderer.note('error', error)
  if (errors.length > 0) throw new Silent(1)
}

function tried(error: unknown): string {
  const hint = hintOf(error)
  return hint === undefined ? '' : ` (try: ${hint})`
}
