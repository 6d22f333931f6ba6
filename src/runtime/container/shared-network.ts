import {existsSync} from 'node:fs'
import {StackError} from '../../base/error.ts'
import type {ContainerRecord} from '../../model/container.ts'
import type {Paths} from '../paths.ts'

/** Whose network a container uses: its own, another container's, or the host's. */
export type NetworkOwner = {readonly kind: 'own' | 'other'; readonly id: string} | {readonly kind: 'host'}

const longestChain = 8

export function networkOwner(record: ContainerRecord, find: (id: string) => ContainerRecord | undefined): NetworkOwner {
  let at = record
  for (let length = 0; length < longestChain; length++) {
    const mode = at.host.networkMode
    if (mode === 'host') return {kind: 'host'}
    if (!mode.startsWith('container:')) return {kind: at === record ? 'own' : 'other', id: at.id}
    const next = find(mode.slice('container:'.length))
    if (next === undefined) {
      throw new StackError('not-found', `no such container: ${mode.slice('container:'.length)}`, {
        hint: `its network was to be used by "${at.name}"`,
      })
    }
    at = next
  }
  throw new StackError('bad-request', `container "${record.name}" uses its own network through others`)
}

/** The pinned namespace to join; undefined is the host's. */
export function netnsOf(paths: Paths, owner: NetworkOwner): string | undefined {
  if (owner.kind === 'host') return undefined
  const {netns} = paths.container(owner.id)
  if (owner.kind === 'own' || existsSync(netns)) return netns
  throw new StackError(
    'start-failed',
    `container ${owner.id.slice(0, 12)}, whose network is to be used, has none yet`,
    {
      hint: 'start that one first',
    },
  )
}
