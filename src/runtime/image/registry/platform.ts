import {rankOf} from '../../../base/platform.ts'
import type {Descriptor, Platform} from '../../../model/oci.ts'

/** The images of an index for a platform, the best first: the very variant, then older ones. */
export function choosePlatform(manifests: readonly Descriptor[], wanted: Platform): Descriptor[] {
  return manifests
    .filter(each => each.platform !== undefined && !isAttestation(each))
    .map(descriptor => ({descriptor, rank: rankOf(descriptor.platform!, wanted)}))
    .filter((each): each is {descriptor: Descriptor; rank: number} => each.rank !== undefined)
    .sort((a, b) => a.rank - b.rank)
    .map(({descriptor}) => descriptor)
}

/** What a build says of itself stands beside the images, for no platform. */
const isAttestation = ({platform, annotations}: Descriptor): boolean =>
  platform?.os === 'unknown' || annotations?.['vnd.docker.reference.type'] !== undefined
