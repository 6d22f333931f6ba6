import type {ContainerRecord, ExitRecord} from '../../model/container.ts'
import type {StartFailure} from './entry.ts'
import {volumesOf} from './mounts.ts'
import type {Parts} from './parts.ts'

/** As Docker has it where nobody saw the program end. */
const unknownCode = 255

export type End = {readonly exit: ExitRecord; readonly failure: StartFailure | undefined}

/** The end of a program that nobody saw end. */
export const unseenEnd = (startedAt: number): ExitRecord => ({
  code: unknownCode,
  signal: 0,
  oom: false,
  startedAt,
  finishedAt: Date.now(),
})

/** How the run ended: as the monitor recorded it or said it; neither where it was killed, which is then recorded. */
export async function recordedEnd(parts: Parts, id: string, said: ExitRecord | undefined): Promise<End> {
  const recorded = await parts.store.readEnd(id)
  const exit = recorded.exit ?? said
  if (exit !== undefined) return {exit, failure: undefined}
  const lost = unseenEnd(await parts.store.startedAt(id))
  const {startedAt, finishedAt} = lost
  const failure = {message: 'lost: its monitor ended without a record', exitCode: lost.code, startedAt, finishedAt}
  await parts.store.recordLoss(id, lost, failure)
  return {exit: lost, failure}
}

/** What goes with a program that has ended; its network and files stay for the next start. */
export async function clearAfterEnd(parts: Parts, record: ContainerRecord): Promise<void> {
  const tidy = (doing: string, action: () => Promise<unknown>) =>
    action().catch(error => parts.warn(`${doing} of "${record.name}"`, error))
  await tidy('lead connections elsewhere', () => parts.networks.withdraw(record.id))
  await tidy('remove the cgroup', () => parts.cgroups.remove(record))
  await tidy('give back the ports', () => parts.networks.unpublish(record.id))
  await leaveVolumes(parts, record)
  await tidy('remove the run directory', () => parts.store.clearRun(record.id))
}

/** Unmounts those of its volumes that nobody else uses. */
export async function leaveVolumes({volumes, warn}: Parts, record: ContainerRecord): Promise<void> {
  for (const name of volumesOf(record)) {
    await volumes.leave(name, record.id).catch(error => warn(`unmount volume "${name}" of "${record.name}"`, error))
  }
}

/** Gives up a network namespace of its own: at its removal, and where it never started. */
export async function disconnect({networks, warn}: Parts, {id, name, host}: ContainerRecord): Promise<void> {
  if (host.networkMode !== 'networks' && host.networkMode !== 'none') return
  await networks.detach(id).catch(error => warn(`detach "${name}" from its networks`, error))
}
