import {type Check, type Finding, finding, type Host} from './finding.ts'

/** openat2 and pidfd_getfd, the youngest that are needed, came with 5.6. */
const oldest = [5, 6] as const

export const kernelVersion: Check = host => {
  const release = releaseOf(host)
  const [major = 0, minor = 0] = release.split('.').map(Number.parseFloat)
  const isNew = release === '' ? undefined : major > oldest[0] || (major === oldest[0] && minor >= oldest[1])
  return [
    finding(isNew, {
      name: 'kernel',
      essential: true,
      detail: release === '' ? 'its version cannot be read' : `Linux ${release}`,
      fix: `Linux ${oldest.join('.')} or newer is needed: update the system`,
    }),
  ]
}

const namespaces: ReadonlyArray<readonly [file: string, what: string]> = [
  ['mnt', 'mount'],
  ['net', 'network'],
  ['pid', 'process'],
  ['uts', 'host name'],
  ['ipc', 'IPC'],
  ['cgroup', 'control group'],
]

export const kernelNamespaces: Check = host => {
  const missing = namespaces.filter(([file]) => !host.exists(`/proc/self/ns/${file}`)).map(([, what]) => what)
  return [
    finding(missing.length === 0, {
      name: 'namespaces',
      essential: true,
      detail:
        missing.length === 0 ? namespaces.map(([, what]) => what).join(', ') : `no ${missing.join(', ')} namespaces`,
      fix: 'a kernel with CONFIG_NAMESPACES and its members is needed',
    }),
  ]
}

export const overlay: Check = host => {
  const listed = host
    .read('/proc/filesystems')
    ?.split('\n')
    .some(line => line.trim().endsWith('overlay'))
  const known = listed === true ? true : (kernelHas(host, 'CONFIG_OVERLAY_FS', 'overlay') ?? false)
  return [
    finding(known, {
      name: 'overlay file system',
      essential: true,
      detail: 'layers of images',
      fix: 'modprobe overlay, or a kernel with CONFIG_OVERLAY_FS',
    }),
  ]
}

export const seccomp: Check = host => [
  finding(
    host.exists('/proc/sys/kernel/seccomp/actions_avail') || /^Seccomp:/m.test(host.read('/proc/self/status') ?? ''),
    {
      name: 'seccomp',
      detail: 'system calls that a container may not make',
      fix: 'a kernel with CONFIG_SECCOMP_FILTER; without it use security_opt: [seccomp:unconfined]',
    },
  ),
]

const networkFeatures: ReadonlyArray<readonly [name: string, config: string, module: string]> = [
  ['veth', 'CONFIG_VETH', 'veth'],
  ['bridge', 'CONFIG_BRIDGE', 'bridge'],
  ['nftables in the kernel', 'CONFIG_NF_TABLES', 'nf_tables'],
]

export const networking: Check = host =>
  networkFeatures.map(([name, config, module]): Finding => {
    const has = kernelHas(host, config, module)
    const detail = has === undefined ? 'this kernel does not say whether it has it' : 'networks of containers'
    return finding(has, {name, essential: true, detail, fix: `modprobe ${module}, or a kernel with ${config}`})
  })

export const networkLimits: Check = host => [
  finding(kernelHas(host, 'CONFIG_NET_SCH_TBF', 'sch_tbf'), {
    name: 'token bucket filter',
    detail: 'limits of the network: x-network-limits',
    fix: 'modprobe sch_tbf, or a kernel with CONFIG_NET_SCH_TBF',
  }),
]

export const bpf: Check = host => [
  finding(
    kernelHas(host, 'CONFIG_CGROUP_BPF') ?? (host.exists('/proc/sys/kernel/unprivileged_bpf_disabled') || undefined),
    {
      name: 'BPF for control groups',
      detail: 'addresses of services, devices under cgroup v2',
      fix: 'a kernel with CONFIG_BPF_SYSCALL and CONFIG_CGROUP_BPF',
    },
  ),
]

export const forwarding: Check = host => {
  const path = '/proc/sys/net/ipv4/ip_forward'
  const on = host.read(path)?.trim() === '1'
  return [
    finding(on || host.canWrite(path), {
      name: 'ip_forward',
      detail: on ? 'on' : 'off; stack switches it on when it makes a network',
      fix: 'sysctl -w net.ipv4.ip_forward=1',
    }),
  ]
}

/** Whether the kernel has a feature, by whatever it says of itself; undefined where it says nothing. Some are no module. */
export function kernelHas(host: Host, config: string, module?: string): boolean | undefined {
  if (module !== undefined && host.exists(`/sys/module/${module}`)) return true
  const release = releaseOf(host)
  const settings = host.read('/proc/config.gz') ?? host.read(`/boot/config-${release}`)
  if (settings !== undefined) return new RegExp(`^${config}=[ym]$`, 'm').test(settings)
  const lists = ['builtin', 'dep'].map(kind => host.read(`/lib/modules/${release}/modules.${kind}`))
  if (module === undefined || lists.every(list => list === undefined)) return undefined
  return lists.some(list => list?.includes(`/${module}.ko`))
}

export const releaseOf = (host: Host): string => host.read('/proc/sys/kernel/osrelease')?.trim() ?? ''
