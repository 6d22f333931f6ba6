import {describe} from '../base/error.ts'
import type {Renderer} from '../ui/renderer.ts'
import {Silent} from './failure.ts'

/** One thing to do, and how it is worded while it is done and after. */
export type Task = {
  readonly id: string
  readonly doing: string
  readonly done: string
  run(progress: (text: string) => void): Promise<unknown>
}

/** Does all of them at once; what fails is shown and ends the command with 1 when the rest is done. */
export async function workOn(title: string, tasks: readonly Task[], renderer: Renderer): Promise<void> {
  renderer.begin(
    title,
    tasks.map(({id}) => id),
  )
  const errors: string[] = []
  await Promise.all(
    tasks.map(async ({id, doing, done, run}) => {
      renderer.tell({id, text: doing, status: 'working'})
      try {
        await run(details => renderer.tell({id, text: doing, status: 'working', details}))
        renderer.tell({id, text: done, status: 'done'})
      } catch (error) {
        errors.push(`${id}: ${describe(error)}`)
        renderer.tell({id, text: 'Error', status: 'error', details: describe(error).split('\n')[0]!})
      }
    }),
  )
  await renderer.end()
  for (const error of errors) renderer.note('error', error)
  if (errors.length > 0) throw new Silent(1)
}
