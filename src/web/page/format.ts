import type {Port} from '../messages.ts'

const units = ['B', 'kB', 'MB', 'GB', 'TB']

/** `12.3 MB`: three digits that count. */
export function bytes(count: number): string {
  let [value, unit] = [Math.max(0, count), 0]
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** Of one CPU: 1.5 is `150 %`. */
export const percent = (cpus: number): string =>
  `${cpus * 100 >= 9.95 ? Math.round(cpus * 100) : (cpus * 100).toFixed(1)} %`

/** The time of day where the clock is so many minutes behind UTC. */
export function clock(at: string, offset: number): string {
  const seconds = Math.floor(Date.parse(at) / 1000) - offset * 60
  if (Number.isNaN(seconds)) return ''
  const inDay = ((seconds % 86_400) + 86_400) % 86_400
  return [inDay / 3600, (inDay / 60) % 60, inDay % 60].map(each => String(Math.floor(each)).padStart(2, '0')).join(':')
}

export type PublishedPort = {readonly text: string; readonly link?: string}

/** Each port once, although it is published on several addresses and of several replicas. */
export function portsOf(ports: readonly Port[]): PublishedPort[] {
  const shown = new Map<string, PublishedPort>()
  for (const {target, protocol, hostIp, published} of ports) {
    const inside = protocol === 'tcp' ? String(target) : `${target}/${protocol}`
    if (published === 0) shown.set(`.${inside}`, {text: inside})
    else {
      const isAny = ['', '0.0.0.0', '::'].includes(hostIp)
      const host = isAny ? '127.0.0.1' : hostIp.includes(':') ? `[${hostIp}]` : hostIp
      const text = `${isAny ? '' : host}:${published} → ${inside}`
      shown.set(text, protocol === 'tcp' ? {text, link: `http://${host}:${published}/`} : {text})
    }
  }
  return [...shown].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, port]) => port)
}
