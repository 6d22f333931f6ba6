/** What takes place on the disk, in bytes. */
export type ImageUsage = {
  /** Of all images together; they share layers. */
  readonly total: number
  /** What would come free if the unused ones went. */
  readonly reclaimable: number
  readonly images: ReadonlyArray<{readonly id: string; readonly size: number; readonly shared: number}>
  /** Steps of builds, each with what it has beside those before it. */
  readonly steps: ReadonlyArray<{
    readonly id: string
    readonly created: number
    readonly size: number
    /** An image has it too. */
    readonly isShared: boolean
  }>
}

/** Something made of layers and blobs, by their ids and digests. */
export type Weighed = {readonly id: string; readonly parts: readonly string[]; readonly created: number}

export type Weighing = {
  readonly images: readonly Weighed[]
  readonly steps: readonly Weighed[]
  readonly sizes: ReadonlyMap<string, number>
  /** Ids of images. */
  readonly used: ReadonlySet<string>
}

export function weigh({images, steps, sizes, used}: Weighing): ImageUsage {
  const sum = (parts: Iterable<string>) => [...parts].reduce((all, each) => all + (sizes.get(each) ?? 0), 0)
  const owners = new Map<string, number>()
  for (const {parts} of images) for (const part of new Set(parts)) owners.set(part, (owners.get(part) ?? 0) + 1)
  const kept = new Set([...images.filter(each => used.has(each.id)), ...steps].flatMap(each => each.parts))
  const seen = new Set<string>()
  return {
    total: sum(owners.keys()),
    reclaimable: sum([...owners.keys()].filter(each => !kept.has(each))),
    images: images.map(({id, parts}) => {
      const own = [...new Set(parts)]
      return {id, size: sum(own), shared: sum(own.filter(each => (owners.get(each) ?? 0) > 1))}
    }),
    steps: [...steps]
      .sort((a, b) => a.created - b.created || a.parts.length - b.parts.length)
      .map(({id, parts, created}) => {
        const own = parts.filter(each => !seen.has(each))
        for (const each of own) seen.add(each)
        return {id, created, own}
      })
      .filter(({own}) => own.length > 0)
      .map(({id, created, own}) => ({id, created, size: sum(own), isShared: own.some(each => owners.has(each))})),
  }
}
