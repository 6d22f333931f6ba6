import {afterEach} from 'vitest'
import {Workplace} from './stack.ts'

/** Makes a project of one Compose file for the test that calls it; nothing of it is there after that. */
export function projects(): (compose: string) => Promise<Workplace> {
  let place: Workplace | undefined
  afterEach(async () => {
    await place?.[Symbol.asyncDispose]()
    place = undefined
  })
  return async compose => {
    place = await Workplace.make({'compose.yaml': compose})
    return place
  }
}
