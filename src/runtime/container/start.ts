import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {StackError} from '../../base/error.ts'
import {Rollback} from '../../base/rollback.ts'
import type {ContainerRecord} from '../../model/container.ts'
import type {Image} from '../../model/image.ts'
import {startMonitor} from '../monitor/start.ts'
import {prefill} from '../volume/prefill.ts'
import {offerApiSocket} from './api-socket.ts'
import {apparmorProfile} from './apparmor.ts'
import {deviceRulesOf} from './cgroup/device-rules.ts'
import {type GrantedDevice, grantedDevices, hostDevices, numberedBlockIo} from './devices.ts'
import {hostnameOf} from './environment.ts'
import {capabilitiesHere, cgroupFacts, seccompOf, userOf} from './facts.ts'
import {imageOf} from './image-of.ts'
import {imageView, overlaysOf} from './layers.ts'
import {volumesOf} from './mounts.ts'
import {sharedFacts} from './namespaces.ts'
import type {Parts} from './parts.ts'
import {type NetworkOwner, netnsOf, networkOwner} from './shared-network.ts'
import {containerSteps, type StepFacts} from './steps.ts'

export type StartOptions = {
  readonly hold: boolean
  /** In addition to the container's, of this start alone: kept nowhere. */
  readonly env: readonly string[]
  readonly find: (id: string) => ContainerRecord | undefined
  /** Of a container that runs. */
  readonly pidOf: (id: string) => number | undefined
}

/** Everything that a running container needs, then its monitor; where something fails, what was made is unmade. */
export async function startContainer(parts: Parts, record: ContainerRecord, options: StartOptions): Promise<void> {
  const image = imageOf(parts.images, record)
  const owner = networkOwner(record, options.find)
  const devices = grantedDevices(record.host.resources.devices)
  const hardware = {
    deviceRules: deviceRulesOf(record.host, devices),
    blockIo: numberedBlockIo(record.host.resources.blockIo),
  }
  const steps = containerSteps(record, await factsOf(parts, record, {image, owner, devices, options}))
  if (record.host.apiSocket) offerApiSocket(parts.paths)
  await using undo = new Rollback(error => parts.warn(`clean up after the failed start of "${record.name}"`, error))
  await allOf([
    // The network's work is done by other threads: it goes first, and the rest is done meanwhile.
    connect(parts, record, {owner, undo}),
    undo.do(parts.store.begin(record.id), () => parts.store.clearRun(record.id)),
    undo.do(parts.cgroups.create(record, hardware), () => parts.cgroups.remove(record)),
    mountVolumes(parts, record, {image, undo}),
  ])
  await startMonitor(steps)
  undo.keep()
}

/** Waits for every one, also where another fails: nothing may still be made while it is being unmade. */
async function allOf(actions: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(actions)) {
    if (result.status === 'rejected') throw result.reason
  }
}

/** Namespace and addresses, published ports, and the files that say who and where the container is. */
async function connect(
  parts: Parts,
  record: ContainerRecord,
  {owner, undo}: {readonly owner: NetworkOwner; readonly undo: Rollback},
): Promise<void> {
  const {networks} = parts
  const leave = () => networks.detach(record.id)
  if (owner.kind === 'own') await undo.do(networks.attach(record), leave)
  if (owner.kind !== 'other') writeNetworkFiles(parts, record, await networks.resolvConf(record))
  const giveBack = () => networks.unpublish(record.id)
  if (record.host.portBindings.length > 0) await undo.do(networks.publish(record), giveBack)
}

/** Written at every start, never read back: nothing is lost with them. */
function writeNetworkFiles({paths, networks}: Parts, record: ContainerRecord, resolvConf: string): void {
  const {directory} = paths.container(record.id)
  writeFileSync(join(directory, 'resolv.conf'), resolvConf, {mode: 0o644})
  writeFileSync(join(directory, 'hosts'), networks.hosts(record), {mode: 0o644})
  writeFileSync(join(directory, 'hostname'), `${hostnameOf(record)}\n`, {mode: 0o644})
}

type Made = {
  readonly image: Image
  readonly owner: NetworkOwner
  readonly devices: readonly GrantedDevice[]
  readonly options: StartOptions
}

async function factsOf(
  parts: Parts,
  record: ContainerRecord,
  {image, owner, devices, options}: Made,
): Promise<StepFacts> {
  const paths = parts.paths.container(record.id)
  const cgroup = cgroupFacts(parts.cgroups.directoriesOf(record))
  const capabilities = capabilitiesHere(record.host)
  return {
    paths,
    overlays: overlaysOf(paths, image),
    sources: {
      volume: name => volumeDirectory(parts, name),
      file: index => join(paths.files, String(index)),
    },
    user: userOf(parts.paths, record, image, record.config.user),
    capabilities,
    seccomp: await seccompOf(parts.seccomp, record, {capabilities, cgroupVersion: cgroup.version}),
    apparmor: apparmorProfile(record.host),
    shared: sharedFacts(record, netnsOf(parts.paths, owner), id => running(id, options)),
    cgroup,
    apiDirectory: parts.paths.apiDirectory,
    networkFiles: owner.kind === 'other' ? parts.paths.container(owner.id).directory : paths.directory,
    devices: [...(record.host.privileged ? hostDevices() : []), ...devices],
    wake: parts.wake,
    hold: options.hold,
    env: options.env,
  }
}

function running(id: string, {find, pidOf}: StartOptions) {
  const found = find(id)
  return found && {name: found.name, pid: pidOf(id)}
}

function volumeDirectory({volumes}: Parts, name: string): string {
  const volume = volumes.find(name)
  if (volume === undefined) throw new StackError('not-found', `no such volume: ${name}`)
  return volume.mountpoint
}

async function mountVolumes(
  parts: Parts,
  record: ContainerRecord,
  {image, undo}: {readonly image: Image; readonly undo: Rollback},
): Promise<void> {
  for (const name of volumesOf(record)) {
    await undo.do(
      () => parts.volumes.use(name, record.id),
      () => parts.volumes.leave(name, record.id),
    )
  }
  await fillVolumes(parts, record, image)
}

async function fillVolumes(parts: Parts, {mounts}: ContainerRecord, image: Image): Promise<void> {
  for (const mount of mounts) {
    if (mount.type !== 'volume' || mount.nocopy || mount.subpath !== undefined) continue
    await prefill(volumeDirectory(parts, mount.name), imageView(image), mount.target)
  }
}

/** How a start that failed looks from outside: 127 for a program that is not there, 126 for one that cannot run. */
export function startExitCode(error: unknown): number {
  if (error instanceof StackError && error.exitCode !== undefined) return error.exitCode
  return 128
}
