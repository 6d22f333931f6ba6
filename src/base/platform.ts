/** OCI image specification: what an image's programs are made for. */
export type Platform = {readonly os: string; readonly architecture: string; readonly variant?: string}

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

/** Processors that run the programs of others, too. */
const also: Readonly<Record<string, string>> = {amd64: '386', arm64: 'arm'}

/** Whether a machine runs what is made for a platform: its own in any variant that is asked for, or the 32 bits of its 64. */
export function runs(machine: Platform, wanted: Platform): boolean {
  const [ours, theirs] = [normal(machine), normal(wanted)]
  if (theirs.os !== ours.os) return false
  return theirs.architecture === ours.architecture || theirs.architecture === also[ours.architecture]
}

/** Whether an image for `offered` is what `wanted` asks for; nothing asked, any is. */
export function isFor(offered: string | undefined, wanted: string | undefined): boolean {
  const [theirs, ours] = [offered, wanted].map(each => (each === undefined ? undefined : parsePlatform(each)))
  return theirs === undefined || ours === undefined || rankOf(theirs, ours) !== undefined
}
