import type {Descriptor, Platform} from '../../../model/oci.ts'

/** Newest first; what stands behind runs on what stands before. None means the first of `plain`. */
const variants: Readonly<Record<string, {readonly plain: string; readonly order: readonly string[]}>> = {
  amd64: {plain: 'v1', order: ['v4', 'v3', 'v2', 'v1']},
  arm: {plain: 'v7', order: ['v8', 'v7', 'v6', 'v5']},
  arm64: {plain: 'v8', order: ['v9', 'v8']},
}

const aliases: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  armhf: 'arm',
  i386: '386',
}

/** The images of an index for a platform, the best first: the very variant, then older ones. */
export function choosePlatform(manifests: readonly Descriptor[], wanted: Platform): Descriptor[] {
  return manifests
    .filter(each => each.platform !== undefined && !isAttestation(each))
    .map(descriptor => ({descriptor, rank: rankOf(descriptor.platform!, wanted)}))
    .filter((each): each is {descriptor: Descriptor; rank: number} => each.rank !== undefined)
    .sort((a, b) => a.rank - b.rank)
    .map(({descriptor}) => descriptor)
}

/** How far an image's variant is below the wanted one; undefined where it does not run there. */
export function rankOf(offered: Platform, wanted: Platform): number | undefined {
  const [theirs, ours] = [normal(offered), normal(wanted)]
  if (theirs.os !== ours.os || theirs.architecture !== ours.architecture) return undefined
  const known = variants[ours.architecture]
  const [from, to] = [ours.variant, theirs.variant].map(each => known?.order.indexOf(each) ?? -1)
  if (from === undefined || to === undefined || from < 0 || to < 0)
    return theirs.variant === ours.variant ? 0 : undefined
  return to < from ? undefined : to - from
}

function normal({os, architecture, variant}: Platform) {
  const lower = architecture.toLowerCase()
  const name = aliases[lower] ?? lower
  const digits = (variant ?? '').toLowerCase().replace(/^(?=\d)/, 'v')
  return {os: os.toLowerCase(), architecture: name, variant: digits || (variants[name]?.plain ?? '')}
}

/** What a build says of itself stands beside the images, for no platform. */
const isAttestation = ({platform, annotations}: Descriptor): boolean =>
  platform?.os === 'unknown' || annotations?.['vnd.docker.reference.type'] !== undefined

export const platformText = ({os, architecture, variant}: Platform): string =>
  [os, architecture, ...(variant ? [variant] : [])].join('/')

/** `linux/arm/v7`, as `platform:` and the Engine API write it; what is not said is the host's. */
export function parsePlatform(text: string, host: Platform = hostPlatform()): Platform | undefined {
  const parts = text.toLowerCase().split('/')
  if (parts.length > 3 || !parts.every(each => /^[\w.-]+$/.test(each))) return undefined
  const [first = '', second, third] = parts
  if (second === undefined) {
    return first === 'linux' || first === 'windows'
      ? {...host, os: first}
      : {os: 'linux', architecture: aliases[first] ?? first}
  }
  const architecture = aliases[second] ?? second
  return {os: first, architecture, ...(third === undefined ? {} : {variant: third})}
}

const nodeNames: Readonly<Record<string, string>> = {x64: 'amd64', ia32: '386', ppc64: 'ppc64le'}

/** What this machine runs. */
export const hostPlatform = (): Platform => ({os: 'linux', architecture: nodeNames[process.arch] ?? process.arch})
