import {expect} from 'vitest'
import {Workplace} from './stack.ts'

const keep = 'name: keep\nservices: {keep: {image: "host://", command: sleep 1000, stop_signal: SIGKILL}}\n'

/** A workplace whose daemon stays as long as a file of tests runs: `keep.yaml` is up until `letGo`. */
export async function keptPlace(files: Readonly<Record<string, string>> = {}): Promise<Workplace> {
  const place = await Workplace.make({...files, 'keep.yaml': keep})
  expect(await place.stack('-f', 'keep.yaml', 'up', '-d')).toMatchObject({code: 0})
  return place
}

export async function letGo(place: Workplace | undefined): Promise<void> {
  await place?.stack('-f', 'keep.yaml', 'down')
  await place?.[Symbol.asyncDispose]()
}
