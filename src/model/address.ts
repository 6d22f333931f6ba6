/** Whether a build's context is fetched: a git repository or an archive elsewhere. */
export const isRemote = (text: string): boolean => /^(?:https?|git|ssh):\/\/|^git@|^github\.com\//.test(text)
