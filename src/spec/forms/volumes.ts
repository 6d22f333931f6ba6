export type VolumeForm = {
  readonly type: 'bind' | 'volume'
  readonly source?: string
  readonly target: string
  readonly read_only?: boolean
  readonly bind?: {readonly create_host_path: true; readonly propagation?: string; readonly selinux?: string}
  readonly volume?: {readonly nocopy?: true}
}

/** `[SOURCE:]TARGET[:OPTIONS]`; a string is what is wrong with it. */
export function parseVolume(text: string): VolumeForm | string {
  if (text.trim() === '') return 'the mount is empty'
  const sections = splitSections(text)
  if (sections.length > 3) return `"${text}" has too many colons`
  if (sections.some(section => section === '')) return `"${text}" has an empty section between colons`
  if (sections.length === 1) return {type: 'volume', target: sections[0]!, volume: {}}
  const [source, target, options = ''] = sections as [string, string, string?]
  const words = options.split(',')
  const access = words.findLast(word => word === 'ro' || word === 'rw')
  const readOnly = access === undefined ? {} : {read_only: access === 'ro'}
  if (!isHostPath(source)) {
    return {type: 'volume', source, target, ...readOnly, volume: words.includes('nocopy') ? {nocopy: true} : {}}
  }
  const propagation = words.findLast(word => /^r?(?:private|shared|slave)$/.test(word))
  const selinux = words.findLast(word => word === 'z' || word === 'Z')
  const bind = {create_host_path: true as const, ...(propagation ? {propagation} : {}), ...(selinux ? {selinux} : {})}
  return {type: 'bind', source, target, ...readOnly, bind}
}

/** What starts like a path is one; anything else is the name of a volume. */
const isHostPath = (source: string): boolean => /^[./~\\]|^[A-Za-z]:[\\/]/.test(source)

/** Colons inside `${…}` and behind a Windows drive letter separate nothing. */
function splitSections(text: string): string[] {
  const sections: string[] = []
  let section = ''
  let braces = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!
    if (character === '{' && (braces > 0 || text[at - 1] === '$')) braces++
    else if (character === '}' && braces > 0) braces--
    const drive = character === ':' && /^[A-Za-z]$/.test(section) && /[\\/]/.test(text[at + 1] ?? '')
    if (character === ':' && braces === 0 && !drive) {
      sections.push(section)
      section = ''
    } else section += character
  }
  return [...sections, section]
}
