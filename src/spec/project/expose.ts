/** `3000`, `4000-4002/udp`: each port with its protocol; undefined: it is no port. */
export function exposedPorts(text: string): string[] | undefined {
  const [, first, last = first, protocol = 'tcp'] = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/i.exec(text) ?? []
  const [from, to] = [Number(first), Number(last)]
  if (first === undefined || from < 1 || to < from || to > 65_535) return undefined
  return Array.from({length: to - from + 1}, (_, index) => `${from + index}/${protocol.toLowerCase()}`)
}
