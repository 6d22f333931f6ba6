import {type CapabilityMask, hasCapability} from '../capabilities.ts'

/** What happens to a system call: let through, EPERM, or let through where `(low half of argument & mask)` is as said. */
export type Verdict =
  | {readonly kind: 'allow'}
  | {readonly kind: 'refuse'}
  | {readonly kind: 'missing'}
  | {
      readonly kind: 'when'
      readonly argument: number
      readonly mask: number
      readonly values: readonly number[]
      /** Let through where the value is in the list, or where it is not. */
      readonly isIn: boolean
    }

const allow: Verdict = {kind: 'allow'}
const refuse: Verdict = {kind: 'refuse'}
const missing: Verdict = {kind: 'missing'}

/** Never, whatever the capabilities: keys of the whole kernel, obsolete entry points, swap, kexec, io_uring, userfaultfd. */
const never = words(`
  _sysctl add_key afs_syscall create_module epoll_ctl_old epoll_wait_old get_kernel_syms getpmsg io_uring_enter
  io_uring_register io_uring_setup kexec_file_load kexec_load keyctl lsm_get_self_attr lsm_list_modules
  lsm_set_self_attr map_shadow_stack migrate_pages move_pages nfsservctl pivot_root putpmsg query_module request_key
  security swapoff swapon sysfs tuxcall uselib userfaultfd ustat vserver`)

/** Only with one of the capabilities; the kernel asks for most of them itself, a filter keeps its bugs out of reach. */
const gated: ReadonlyArray<readonly [capabilities: readonly string[], calls: readonly string[]]> = [
  [['DAC_READ_SEARCH'], words('open_by_handle_at')],
  [
    ['SYS_ADMIN'],
    words(`fanotify_init file_setattr fsconfig fsmount fsopen fspick listmount lookup_dcookie mount mount_setattr
      move_mount open_tree open_tree_attr quotactl quotactl_fd setdomainname sethostname setns statmount umount2
      unshare`),
  ],
  [['SYS_ADMIN', 'BPF'], words('bpf')],
  [['SYS_ADMIN', 'PERFMON'], words('perf_event_open')],
  [['SYS_ADMIN', 'SYSLOG'], words('syslog')],
  [['SYS_BOOT'], words('reboot')],
  [['SYS_CHROOT'], words('chroot')],
  [['SYS_MODULE'], words('delete_module finit_module init_module')],
  [['SYS_NICE'], words('get_mempolicy mbind set_mempolicy set_mempolicy_home_node')],
  [['SYS_PACCT'], words('acct')],
  [['SYS_PTRACE'], words('kcmp pidfd_getfd process_madvise')],
  [['SYS_RAWIO'], words('ioperm iopl')],
  [['SYS_TIME'], words('clock_settime settimeofday')],
  [['SYS_TTY_CONFIG'], words('vhangup')],
]

const wholeWord = 0xffffffff
/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const namespaceFlags = 0x7e020000
const fileType = 0xf000
/** None, FIFO, regular, socket: everything but a character or block device and what mknod cannot make. */
const noDevices = [0, 0x1000, 0x8000, 0xc000]
const afVsock = 40
/** PER_LINUX, PER_LINUX32, both with UNAME26, and the question what it is. */
const personalities = [0, 8, 0x20000, 0x20008, wholeWord]

const when = (argument: number, mask: number, values: readonly number[], isIn = true): Verdict => ({
  kind: 'when',
  argument,
  mask,
  values,
  isIn,
})

export type ProfileOptions = {
  readonly capabilities: CapabilityMask
  /** Making device nodes: safe only where a device cgroup says which of them can be opened. */
  readonly mayMakeDevices: boolean
}

/** What Docker's default profile says about a system call that the kernel's headers name. */
export function verdictOn(name: string, {capabilities, mayMakeDevices}: ProfileOptions): Verdict {
  const isAdmin = hasCapability(capabilities, 'SYS_ADMIN')
  if (never.includes(name)) return refuse
  if (name === 'clone') return isAdmin ? allow : when(0, namespaceFlags, [0])
  // Its flags are behind a pointer; with ENOSYS the C library falls back to clone.
  if (name === 'clone3') return isAdmin ? allow : missing
  if (name === 'personality') return when(0, wholeWord, personalities)
  if (name === 'socket') return when(0, wholeWord, [afVsock], false)
  if (name === 'mknod') return mayMakeDevices ? allow : when(1, fileType, noDevices)
  if (name === 'mknodat') return mayMakeDevices ? allow : when(2, fileType, noDevices)
  const gate = gated.find(([, calls]) => calls.includes(name))
  if (gate === undefined) return allow
  return gate[0].some(each => hasCapability(capabilities, each)) ? allow : refuse
}

/** Every name that the rules mention, for a test that they exist. */
export const namesInProfile: readonly string[] = [...never, ...gated.flatMap(([, calls]) => calls)]

function words(text: string): string[] {
  return text.trim().split(/\s+/)
}
