import {type Check, finding} from './finding.ts'

const needed: Readonly<Record<string, number>> = {
  CHOWN: 0,
  DAC_OVERRIDE: 1,
  FOWNER: 3,
  KILL: 5,
  SETGID: 6,
  SETUID: 7,
  SETPCAP: 8,
  NET_ADMIN: 12,
  SYS_CHROOT: 18,
  SYS_ADMIN: 21,
  MKNOD: 27,
}
const resource = 24

/** Root is not enough where a container took capabilities away, so they are what is looked at. */
export const privileges: Check = host => {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(host.read('/proc/self/status') ?? '')?.[1]
  const held = BigInt(`0x${effective ?? '0'}`)
  const has = (bit: number) => ((held >> BigInt(bit)) & 1n) === 1n
  const missing = Object.entries(needed)
    .filter(([, bit]) => !has(bit))
    .map(([name]) => `CAP_${name}`)
  return [
    finding(missing.length === 0, {
      name: 'privileges',
      essential: true,
      detail: missing.length === 0 ? 'all capabilities that containers need' : `no ${missing.join(', ')}`,
      fix: 'run stack as root (sudo stack …); in a container, give it these capabilities',
    }),
    finding(has(resource), {
      name: 'raising limits',
      detail: has(resource)
        ? 'CAP_SYS_RESOURCE'
        : 'no CAP_SYS_RESOURCE: ulimits above those of this shell are cut to them',
      fix: 'give CAP_SYS_RESOURCE where it was taken away',
    }),
  ]
}
