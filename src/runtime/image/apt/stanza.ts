/** What `apt-cache show` says of one package in one version. */
export type Stanza = {
  readonly name: string
  readonly version: string
  readonly architecture: string
  /** Alternatives of each dependency, in the maintainer's order; Pre-Depends first. */
  readonly depends: ReadonlyArray<readonly Dependency[]>
  readonly provides: readonly string[]
  /** Bytes of the .deb file. */
  readonly size: number
  readonly sha256: string
}
export type Dependency = {readonly name: string; readonly exactVersion?: string}

export function parseStanzas(text: string): Stanza[] {
  return text
    .split(/\n{2,}/)
    .filter(block => block.trim() !== '')
    .map(block => stanzaOf(fieldsOf(block)))
}

function stanzaOf(fields: ReadonlyMap<string, string>): Stanza {
  const field = (name: string) => fields.get(name) ?? ''
  return {
    name: field('Package'),
    version: field('Version'),
    architecture: field('Architecture'),
    depends: [...relations(field('Pre-Depends')), ...relations(field('Depends'))],
    provides: relations(field('Provides')).flatMap(each => each.map(({name}) => name)),
    size: Number(field('Size')),
    sha256: field('SHA256'),
  }
}

/** Fields of a block; a line that begins with a space goes on with the one before. */
function fieldsOf(block: string): Map<string, string> {
  const lines = block.replaceAll(/\n[ \t]+/g, ' ').split('\n')
  return new Map(
    lines.map(line => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trim()]
    }),
  )
}

/** `a (= 1), b | c:any` as lists of alternatives. */
function relations(text: string): Dependency[][] {
  return text
    .split(',')
    .filter(each => each.trim() !== '')
    .map(each => each.split('|').map(dependencyOf))
}

function dependencyOf(text: string): Dependency {
  const [, name = '', exactVersion] = /^\s*([^\s:(]+)(?::\S+)?\s*(?:\(=\s*([^)\s]+)\s*\))?/.exec(text) ?? []
  return exactVersion === undefined ? {name} : {name, exactVersion}
}
