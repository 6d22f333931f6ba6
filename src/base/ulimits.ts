/** Limits of a process as Compose names them. */
export const ulimitNames = [
  ...['as', 'core', 'cpu', 'data', 'fsize', 'locks', 'memlock', 'msgqueue', 'nice', 'nofile', 'nproc', 'rss', 'rtprio'],
  ...['rttime', 'sigpending', 'stack'],
] as const
export type UlimitName = (typeof ulimitNames)[number]

export const isUlimitName = (name: string): name is UlimitName => ulimitNames.some(each => each === name)
