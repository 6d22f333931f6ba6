import type {PruneKind, Upkeep} from '../upkeep.ts'
import type {Client} from './client.ts'

type UsageBody = {
  readonly LayersSize?: number
  readonly StackReclaimable?: number
  readonly Images?: ReadonlyArray<{
    readonly Id: string
    readonly RepoTags: readonly string[] | null
    readonly Created: number
    readonly Size: number
    readonly SharedSize: number
    readonly Containers: number
  }> | null
  readonly Containers?: ReadonlyArray<{
    readonly Id: string
    readonly Names: readonly string[]
    readonly Image: string
    readonly State: string
    readonly Status: string
    readonly Created: number
    readonly SizeRw?: number
  }> | null
  readonly Volumes?: ReadonlyArray<{
    readonly Name: string
    readonly UsageData?: {readonly RefCount: number; readonly Size: number} | null
  }> | null
  readonly BuildCache?: ReadonlyArray<{
    readonly ID: string
    readonly Type: string
    readonly Description?: string
    readonly CreatedAt: string
    readonly Size: number
    readonly InUse: boolean
    readonly Shared: boolean
  }> | null
}

type PrunedBody = {readonly SpaceReclaimed?: number} & Readonly<
  Partial<
    Record<'ContainersDeleted' | 'NetworksDeleted' | 'VolumesDeleted' | 'CachesDeleted', readonly string[] | null>
  >
> & {readonly ImagesDeleted?: ReadonlyArray<{readonly Untagged?: string; readonly Deleted?: string}> | null}

export function upkeepOf(client: Client): Upkeep {
  return {
    async usage() {
      const body = await client.call<UsageBody>({method: 'GET', path: '/system/df'})
      return {
        layersSize: body.LayersSize ?? 0,
        ...(body.StackReclaimable === undefined ? {} : {layersReclaimable: body.StackReclaimable}),
        images: (body.Images ?? []).map(({Id, RepoTags, Created, Size, SharedSize, Containers}) => ({
          id: Id,
          tags: RepoTags ?? [],
          created: Created * 1000,
          size: Size,
          shared: SharedSize,
          containers: Containers,
        })),
        containers: (body.Containers ?? []).map(({Id, Names, Image, State, Status, Created, SizeRw = 0}) => ({
          id: Id,
          name: (Names[0] ?? '').replace(/^\//, ''),
          image: Image,
          status: Status,
          isActive: ['running', 'paused', 'restarting'].includes(State),
          created: Created * 1000,
          size: SizeRw,
        })),
        volumes: (body.Volumes ?? []).map(({Name, UsageData}) => ({
          name: Name,
          links: UsageData?.RefCount ?? -1,
          size: UsageData?.Size ?? -1,
        })),
        buildCache: (body.BuildCache ?? []).map(each => ({
          id: each.ID,
          kind: each.Type,
          description: each.Description ?? '',
          created: Date.parse(each.CreatedAt),
          size: each.Size,
          isUsed: each.InUse,
          isShared: each.Shared,
        })),
      }
    },
    async prune(kind, filters) {
      const query = {filters: JSON.stringify(filters), ...(kind === 'build' ? {all: true} : {})}
      const body = await client.call<PrunedBody>({method: 'POST', path: `/${kind}/prune`, query})
      return {removed: removedOf(kind, body), freed: body.SpaceReclaimed ?? 0}
    },
  }
}

function removedOf(kind: PruneKind, body: PrunedBody): string[] {
  if (kind === 'images') {
    const all = body.ImagesDeleted ?? []
    return all.flatMap(({Untagged, Deleted}) => [
      ...(Untagged === undefined ? [] : [`untagged: ${Untagged}`]),
      ...(Deleted === undefined ? [] : [`deleted: ${Deleted}`]),
    ])
  }
  const lists = {
    containers: body.ContainersDeleted,
    networks: body.NetworksDeleted,
    volumes: body.VolumesDeleted,
    build: body.CachesDeleted,
  }
  return [...(lists[kind] ?? [])]
}
