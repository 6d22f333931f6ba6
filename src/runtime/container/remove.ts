import {describe, StackError} from '../../base/error.ts'
import type {ContainerRecord} from '../../model/container.ts'
import {volumesOf} from './mounts.ts'
import type {Parts} from './parts.ts'

/** Everything of a container that does not run. What fails does not keep the rest from going; the record goes last. */
export async function removeContainer(
  parts: Parts,
  record: ContainerRecord,
  {withVolumes, others}: {readonly withVolumes: boolean; readonly others: () => readonly ContainerRecord[]},
): Promise<void> {
  const {id, name, host, mounts} = record
  const failures: unknown[] = []
  const tidy = (action: () => Promise<unknown>) => action().catch(error => failures.push(error))
  await tidy(() => parts.cgroups.remove(record))
  if (host.networkMode === 'networks' || host.networkMode === 'none') await tidy(() => parts.networks.detach(id))
  const own = mounts.flatMap(each => (withVolumes && each.type === 'volume' && each.anonymous ? [each.name] : []))
  const shared = new Set(own.length > 0 ? others().flatMap(volumesOf) : [])
  for (const volume of own.filter(each => !shared.has(each))) {
    await tidy(async () => parts.volumes.find(volume) && (await parts.volumes.remove(volume)))
  }
  if (failures.length > 0) {
    throw new StackError('io', `remove container "${name}": ${failures.map(describe).join('; ')}`)
  }
  await parts.store.remove(id)
}
