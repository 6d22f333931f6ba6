import type {ContainerRecord} from '../../model/container.ts'

const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The program's whole environment: defaults, then the container's, then `more`; the last of a name wins. */
export function environmentOf(record: ContainerRecord, home: string, more: readonly string[] = []): string[] {
  const {config} = record
  const defaults = [defaultPath, `HOSTNAME=${hostnameOf(record)}`, ...(config.tty ? ['TERM=xterm'] : [])]
  const byName = new Map<string, string>()
  for (const each of [...defaults, ...config.env, ...more]) byName.set(each.split('=', 1)[0]!, each)
  if (!byName.has('HOME')) byName.set('HOME', `HOME=${home}`)
  return [...byName.values()].filter(each => each.includes('='))
}

/** As asked, else the start of the id. */
export const hostnameOf = ({id, config}: ContainerRecord): string => config.hostname || id.slice(0, 12)
