import type {ExitRecord} from '../../model/container.ts'
import {answer} from './control.ts'
import {frameTypes} from './frame.ts'
import {Link} from './link.ts'
import {decodeWords} from './program.ts'
import {type MonitorStatus, statusOf} from './status.ts'

/** A monitor under observation. Being told of the end and leaving is what lets the monitor leave, too. */
export type Watch = {
  /** What was so when it began. */
  readonly status: MonitorStatus
  /** How the program ended; undefined where the monitor went without a word, or the watch was left. */
  readonly ended: Promise<ExitRecord | undefined>
  leave(): void
}

export async function watch(path: string): Promise<Watch> {
  const link = await Link.open(path, [['watch']])
  const status = statusOf(await answer(link))
  const ended = status.kind === 'exited' ? Promise.resolve(status.exit) : endOf(link)
  if (status.kind === 'exited') link.close()
  return {status, ended, leave: () => link.close()}
}

async function endOf(link: Link): Promise<ExitRecord | undefined> {
  try {
    for await (const {type, payload} of link.frames) {
      if (type !== frameTypes.words) continue
      const status = statusOf(decodeWords(payload))
      if (status.kind === 'exited') return status.exit
    }
  } catch {
    return undefined
  } finally {
    link.close()
  }
  return undefined
}
