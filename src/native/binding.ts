import {existsSync} from 'node:fs'
import {createRequire} from 'node:module'
import {fileURLToPath} from 'node:url'
import {StackError} from '../base/error.ts'

export type VethOptions = {
  readonly name: string
  readonly alias: string
  readonly bridge: string
  readonly peer: string
  readonly mac: string
  readonly mtu: number
  /** Whether the bridge may send a frame back by the port that it came from. */
  readonly hairpin: boolean
  readonly addresses: readonly string[]
  readonly routes: ReadonlyArray<{readonly destination: string; readonly gateway: string}>
}

/**
 * The addon's whole surface. One options object in, a promise out, one kernel idea each; no policy, no defaults.
 * A failure is an Error with `code` (`EEXIST`), `call` (`create veth`) and `subject` (`vth3f2a`).
 * Work is done on libuv's thread pool, never on the event loop.
 */
export type Native = {
  /**
   * Makes a network namespace, brings its `lo` up, and pins it to the file `path` (created, bind-mounted). With `pins`,
   * a file that openPins was given, the path is one in there: `/NAME`. `links` are made in it as by createVeth; where one
   * fails the namespace is there, with those before it.
   */
  createNetns(options: {path: string; pins?: string; links?: readonly VethOptions[]}): Promise<void>
  /** Pins the namespace that the file `held` holds to another one, too: what createNetns does with a new one. */
  pinNetns(options: {held: string; path: string; pins?: string}): Promise<void>
  /**
   * Unpins, all of them at once: unmounts and removes the files, of one directory. Missing ones are fine; where some
   * fail the others go all the same, and `subject` is those paths, with a comma between.
   */
  deleteNetns(options: {paths: readonly string[]; pins?: string}): Promise<void>
  /**
   * Makes, or finds, a mount namespace with an empty file system of its own, held by `file`, the only one of its
   * directory. Gives a descriptor of its root: what is mounted there is seen through it, and nowhere else.
   */
  openPins(options: {file: string}): Promise<number>
  /** Lets go of such a namespace, with all that is in it, and removes the file and its directory. */
  closePins(options: {file: string}): Promise<void>
  /** Makes a bridge, IPv6 autoconfiguration off, with its addresses (`10.1.0.1/24`), and brings it up. */
  createBridge(options: {name: string; alias: string; mac: string; addresses: string[]; mtu: number}): Promise<void>
  /**
   * Makes a veth pair, one end on `bridge` and up, the other born as `peer` inside the namespace pinned at `netns`,
   * which gets its addresses, is brought up and gets `routes`: everything that one endpoint needs, batched.
   */
  createVeth(options: VethOptions & {netns: string}): Promise<void>
  /** Makes a veth pair whose ends are ports of two bridges, up, never turning a frame back. */
  linkBridges(options: {
    name: string
    bridge: string
    peer: string
    peerBridge: string
    alias: string
    mtu: number
  }): Promise<void>
  deleteLink(options: {name: string}): Promise<void>
  /** Links of the namespace pinned at `netns`, or of our own. */
  listLinks(options: {
    netns?: string
  }): Promise<
    {index: number; name: string; alias: string; kind: string; master: number; up: boolean; mtu: number; mac: string}[]
  >
  /** IPv4 and IPv6 routes of the main table: what the address pool must avoid. */
  listRoutes(options: Record<string, never>): Promise<{destination: string; gateway: string; link: number}[]>
  listAddresses(options: Record<string, never>): Promise<{address: string; link: number}[]>
  /** Makes the kernel forget tracked IPv4 flows to a port by IP protocol number (17: UDP): their next packets meet the rules again. */
  forgetFlows(options: {protocol: number; port: number}): Promise<void>
  /** Makes the version 2 cgroup at `cgroup` ask a BPF program (struct bpf_insn[]) about every device; it goes with the cgroup. */
  attachDeviceProgram(options: {cgroup: string; program: Uint8Array}): Promise<void>
  /** mount(2), with MS_ bits as `flags`. A bind gets its other flags by a second call; a failure leaves no mount. */
  mount(options: {source: string; target: string; type: string; flags: number; data: string}): Promise<void>
  /** At once for whoever looks; in the kernel when its last user is gone. What is no mount is EINVAL. */
  unmount(options: {target: string}): Promise<void>
  /**
   * Starts `file` (with `args` after its own name) with posix_spawn (never fork: this process is large), gives it `input` on descriptor 0 and
   * resolves with all that it wrote to descriptor 3 until that closed, and with its exit status. Descriptors 1 and 2
   * are `log` (a file opened for appending, or /dev/null). No other descriptor is inherited.
   */
  runProgram(options: {
    file: string
    args: string[]
    env: string[]
    input: Uint8Array
    log: string
  }): Promise<{output: string; status: number}>
  /**
   * Has `file` (a stack-monitor) run the program in `input`, and resolves with its answer: docs/monitor.md. `log` is for
   * what it has to say before it stands alone. All monitors of a file are copies of one process, which is started with
   * the first, with the environment of that time, and ends with this process.
   */
  startMonitor(options: {file: string; env: string[]; input: Uint8Array; log: string}): Promise<string>
  /** Removes a file, or a directory with all that is in it; links are not followed. A missing one is fine. */
  removeTree(options: {path: string}): Promise<void>
  /** Another address of a link (`10.1.0.9/32`). EEXIST where it is there. */
  addAddress(options: {link: string; address: string}): Promise<void>
  /** EADDRNOTAVAIL where it is not there, ENODEV without the link. */
  deleteAddress(options: {link: string; address: string}): Promise<void>
  /**
   * Attaches the programs that lead connections to services' addresses to a cgroup directory of version 2: the sockets
   * of its processes and of those below it. The kernel keeps them, with the addresses, until they are detached or the
   * directory goes. True where they were not there. `owner` is eight letters or digits, since several may share a cgroup.
   */
  attachServices(options: ServicesPlace): Promise<boolean>
  /** Gone already is fine. */
  detachServices(options: ServicesPlace): Promise<void>
  /** From now on, at once for all: new connections to `address` go to the next of `replicas`, or are refused without any. */
  putService(options: ServicesPlace & ServiceTargets): Promise<void>
  removeService(options: ServicesPlace & {address: string}): Promise<void>
  /** What the kernel has. ENOENT where nothing is attached. */
  listServices(options: ServicesPlace): Promise<ServiceTargets[]>
  /**
   * Limits what a link of the namespace pinned at `netns`, or of our own, sends: bytes each second, bytes at once, bytes
   * that wait (more is dropped). ENOENT from a kernel without the queueing discipline tbf.
   */
  shapeLink(options: {netns?: string; name: string; rate: number; burst: number; queue: number}): Promise<void>
  /** Another number after every change of nftables by anybody. */
  tablesGeneration(options: Record<string, never>): Promise<number>
  /** The same, and how many rules the `inet` table has; 0 also without such a table. */
  tableState(options: {table: string}): Promise<{generation: number; rules: number}>
  /**
   * Makes changes below the directory `root`, in order; the first that fails ends it. Paths are bytes, relative, with
   * neither `.` nor `..`; missing parents are made, and their paths are the result. Symbolic links among the parents are
   * followed below the root only (EXDEV for one that leads out), and what is replaced is unlinked (ENOTEMPTY for a
   * directory with something in it). With `kind` 'container' the root is one that is in use: links and `..` mean what
   * they mean inside, mounts are entered (EROFS for the kernel's own file systems), a regular file is written where it
   * is, and what a file replaces goes with all that is below (EXDEV where something is mounted there).
   * Nobody may change `data` before the promise is settled: it is not copied.
   */
  changeTree(options: {
    root: string
    kind: 'layer' | 'container'
    changes: readonly TreeChange[]
  }): Promise<Uint8Array[]>
  /** A descriptor (O_PATH) of a directory below a container's root, for the caller to close; `path` as in changeTree. */
  openInside(options: {root: string; path: Uint8Array}): Promise<number>
  /** A descriptor of an overlay that is mounted nowhere and goes with it; lowers uppermost first. */
  openOverlay(options: {upper: string; work: string; lowers: readonly string[]}): Promise<number>
  /** Whether overlayfs takes a directory for opaque. At once: one call of a microsecond. */
  isOpaque(options: {path: string}): boolean
}

export type TreeChange = {readonly path: Uint8Array} & (
  | {readonly change: 'directory' | 'whiteout' | 'opaque' | 'remove'}
  | {readonly change: 'file'; readonly data: Uint8Array}
  | {readonly change: 'write'; readonly offset: number; readonly data: Uint8Array}
  | {readonly change: 'truncate'; readonly size: number}
  | {readonly change: 'symlink' | 'link'; readonly target: Uint8Array}
  | {
      readonly change: 'node'
      readonly kind: 'character' | 'block' | 'fifo'
      readonly major: number
      readonly minor: number
    }
  | ({readonly change: 'attributes'} & TreeAttributes)
  | {readonly change: 'modified'; readonly seconds: number; readonly nanoseconds: number}
  /** From a file or directory of another layer: an absolute path that nobody changes meanwhile. */
  | {readonly change: 'copy' | 'like'; readonly from: Uint8Array}
)

export type TreeAttributes = {
  readonly uid: number
  readonly gid: number
  readonly mode: number
  readonly seconds: number
  readonly nanoseconds: number
  readonly xattrs: ReadonlyArray<{readonly name: string; readonly value: Uint8Array}>
}

export type ServicesPlace = {cgroup: string; owner: string}
export type ServiceTargets = {address: string; replicas: string[]}

let loaded: Native | undefined

/** Loads the addon once; throws where it was not built, saying how to build it. */
export function native(): Native {
  loaded ??= load()
  return loaded
}

/** Beside `src` and beside the bundle. */
const places = ['../../build/stack.node', '../build/stack.node']

function load(): Native {
  const found = places.map(place => fileURLToPath(new URL(place, import.meta.url))).find(existsSync)
  if (found === undefined) {
    throw new StackError('unsupported', 'the native addon build/stack.node is missing', {
      hint: 'build it: npm run build:native',
    })
  }
  return createRequire(import.meta.url)(found) as Native
}
