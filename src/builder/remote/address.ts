/** `URL#REF:DIRECTORY` of a git repository; the default branch and all of it unless said. */
export type GitAddress = {readonly url: string; readonly ref?: string; readonly directory: string}

/** What `ADD` and contexts mean by an address; undefined: it is a path. */
export function addressOf(text: string): {readonly git: GitAddress} | {readonly url: URL} | undefined {
  const [, before = '', after = ''] = /^([^#]*)#?(.*)$/s.exec(text) ?? []
  const isWeb = /^https?:\/\//.test(text)
  const isGit =
    /^(?:git|ssh):\/\/|^git@[^:]+:|^github\.com\//.test(text) || (isWeb && /\.git\/?$/.test(before.split('?')[0]!))
  if (isGit) {
    const [, ref = '', directory = ''] = /^([^:]*):?(.*)$/s.exec(after) ?? []
    const url = before.startsWith('github.com/') ? `https://${before}` : before
    return {git: {url, directory, ...(ref === '' ? {} : {ref})}}
  }
  return isWeb && URL.canParse(text) ? {url: new URL(text)} : undefined
}
