import type {DiskUsage} from '../engine/upkeep.ts'
import {sizeText} from '../ui/size.ts'
import {ago} from '../ui/time.ts'
import {shortId, splitReference} from './image-names.ts'
import type {Listing} from './listing.ts'

type Kind = {
  readonly Type: string
  readonly TotalCount: string
  readonly Active: string
  readonly Size: string
  readonly Reclaimable: string
}

/** A row for each kind of thing, as the docker client has them. */
export function summaryOf(usage: DiskUsage): Listing {
  const objects = [imageKind(usage), containerKind(usage), volumeKind(usage), cacheKind(usage)]
  return {
    headings: ['TYPE', 'TOTAL', 'ACTIVE', 'SIZE', 'RECLAIMABLE'],
    rows: objects.map(each => [each.Type, each.TotalCount, each.Active, each.Size, each.Reclaimable]),
    objects,
    ids: objects.map(each => each.Type),
  }
}

type Counted = {readonly total: number; readonly active: number; readonly size: number; readonly reclaimable: number}

function kind(Type: string, {total, active, size, reclaimable}: Counted): Kind {
  const share = size > 0 ? ` (${Math.floor((100 * reclaimable) / size)}%)` : ''
  return {
    Type,
    TotalCount: String(total),
    Active: String(active),
    Size: sizeText(size),
    Reclaimable: `${sizeText(reclaimable)}${share}`,
  }
}

const sum = (sizes: readonly number[]): number => sizes.reduce((all, each) => all + Math.max(0, each), 0)

function imageKind({images, layersSize, layersReclaimable}: DiskUsage): Kind {
  const active = images.filter(each => each.containers > 0)
  const reclaimable = layersReclaimable ?? layersSize - sum(active.map(({size, shared}) => size - Math.max(0, shared)))
  return kind('Images', {total: images.length, active: active.length, size: layersSize, reclaimable})
}

function containerKind({containers}: DiskUsage): Kind {
  const idle = containers.filter(each => !each.isActive)
  return kind('Containers', {
    total: containers.length,
    active: containers.length - idle.length,
    size: sum(containers.map(({size}) => size)),
    reclaimable: sum(idle.map(({size}) => size)),
  })
}

function volumeKind({volumes}: DiskUsage): Kind {
  const idle = volumes.filter(({links}) => links === 0)
  return kind('Local Volumes', {
    total: volumes.length,
    active: volumes.length - idle.length,
    size: sum(volumes.map(({size}) => size)),
    reclaimable: sum(idle.map(({size}) => size)),
  })
}

function cacheKind({buildCache}: DiskUsage): Kind {
  const own = buildCache.filter(each => !each.isShared)
  return kind('Build Cache', {
    total: buildCache.length,
    active: buildCache.filter(each => each.isUsed).length,
    size: sum(own.map(({size}) => size)),
    reclaimable: sum(own.filter(each => !each.isUsed).map(({size}) => size)),
  })
}

export type Part = Pick<Listing, 'headings' | 'rows'> & {readonly title: string}

/** A table for each kind of thing. */
export function details({images, containers, volumes, buildCache}: DiskUsage, now: number): Part[] {
  return [
    {
      title: 'Images',
      headings: ['REPOSITORY', 'TAG', 'IMAGE ID', 'CREATED', 'SIZE', 'SHARED SIZE', 'UNIQUE SIZE', 'CONTAINERS'],
      rows: images.flatMap(({id, tags, created, size, shared, containers: users}) =>
        (tags.length > 0 ? tags : [undefined]).map(name => {
          const {Repository, Tag} = name === undefined ? {Repository: '<none>', Tag: '<none>'} : splitReference(name)
          const sizes = [size, shared, size - Math.max(0, shared)].map(known)
          return [Repository, Tag, shortId(id), ago(created, now), ...sizes, String(users)]
        }),
      ),
    },
    {
      title: 'Containers',
      headings: ['CONTAINER ID', 'IMAGE', 'SIZE', 'CREATED', 'STATUS', 'NAME'],
      rows: containers.map(each => [
        shortId(each.id),
        each.image,
        known(each.size),
        ago(each.created, now),
        each.status,
        each.name,
      ]),
    },
    {
      title: 'Volumes',
      headings: ['NAME', 'LINKS', 'SIZE'],
      rows: volumes.map(({name, links, size}) => [name, String(links), known(size)]),
    },
    {
      title: 'Build cache',
      headings: ['ID', 'KIND', 'SIZE', 'CREATED', 'SHARED'],
      rows: buildCache.map(each => [
        shortId(each.id),
        each.kind,
        known(each.size),
        ago(each.created, now),
        String(each.isShared),
      ]),
    },
  ]
}

const known = (size: number): string => (size < 0 ? 'N/A' : sizeText(size))
