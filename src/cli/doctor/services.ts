import {type Check, finding, type Host} from './finding.ts'
import {kernelHas, releaseOf} from './kernel.ts'

/** `bpf_set_retval`, by which a connection is refused at once, came with 5.18. */
const oldest = [5, 18] as const

/** One address for all replicas of a service: programs of BPF, attached to a cgroup of version 2. */
export const serviceAddresses: Check = host => {
  const [major = 0, minor = 0] = releaseOf(host).split('.').map(Number.parseFloat)
  const isNew = major > oldest[0] || (major === oldest[0] && minor >= oldest[1])
  const lacks = [
    ...(isNew ? [] : [`Linux ${oldest.join('.')} or newer`]),
    ...(hasUnified(host) ? [] : ['a cgroup tree of version 2: mount -t cgroup2 none /sys/fs/cgroup/unified']),
    ...(kernelHas(host, 'CONFIG_CGROUP_BPF') === false ? ['a kernel with CONFIG_CGROUP_BPF'] : []),
  ]
  return [
    finding(lacks.length === 0, {
      name: 'addresses of services',
      detail:
        lacks.length === 0
          ? 'one for all replicas of a service, by BPF'
          : 'without, the name of a service leads to its replicas in turn',
      fix: lacks.join(', '),
    }),
  ]
}

const hasUnified = (host: Host): boolean =>
  host.exists('/sys/fs/cgroup/cgroup.controllers') || / cgroup2 /.test(host.read('/proc/self/mounts') ?? '')
