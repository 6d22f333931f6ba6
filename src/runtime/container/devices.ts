import {lstatSync, readdirSync, type Stats, statSync} from 'node:fs'
import {join} from 'node:path'
import {StackError} from '../../base/error.ts'
import type {BlockIo, DeviceMapping} from '../../model/resources.ts'
import {type DeviceNode, defaultDevices} from './masks.ts'

/** A node that the container gets, and what it may do with it. */
export type GrantedDevice = DeviceNode & {readonly access: string}

/** Nodes of the host as a container is to have them: the same numbers, mode and owner. A directory stands for all in it. */
export function grantedDevices(mappings: readonly DeviceMapping[] = []): GrantedDevice[] {
  return mappings.flatMap(({source, target, permissions}) => {
    const found = nodesAt(source, target, statsOf(source))
    if (found.length > 0) return found.map(node => ({...node, access: permissions}))
    throw new StackError('start-failed', `${source} is not a device`, {
      hint: 'devices: names device nodes of the host, or directories of them',
    })
  })
}

function nodesAt(source: string, target: string, stats: Stats): DeviceNode[] {
  if (!stats.isDirectory()) return nodeOf(target, stats)
  return readdirSync(source).flatMap(name => {
    // Links in a directory lead to nodes that have a name of their own.
    const inner = lstatSync(join(source, name), {throwIfNoEntry: false})
    return inner === undefined ? [] : nodesAt(join(source, name), join(target, name), inner)
  })
}

function nodeOf(path: string, stats: Stats): DeviceNode[] {
  if (!stats.isCharacterDevice() && !stats.isBlockDevice()) return []
  const type = stats.isBlockDevice() ? 'b' : 'c'
  return [{path, type, ...numbersOf(stats.rdev), mode: stats.mode & 0o777, uid: stats.uid, gid: stats.gid}]
}

/** Made in any case, or not the host's to give. */
const ours = new Set([...defaultDevices.map(each => each.path), '/dev/console', '/dev/ptmx'])
/** They live in file systems of their own. */
const separate = new Set(['/dev/pts', '/dev/shm', '/dev/mqueue', '/dev/fd'])

/** Nodes of the host's /dev, for a privileged container. */
export function hostDevices(): DeviceNode[] {
  return readdirSync('/dev').flatMap(name => {
    const path = join('/dev', name)
    const stats = lstatSync(path, {throwIfNoEntry: false})
    return stats === undefined || ours.has(path) || separate.has(path) ? [] : nodesAt(path, path, stats)
  })
}

/** Limits of block I/O as the kernel takes them: every path has become the numbers of its device, `8:0`. */
export function numberedBlockIo(io: BlockIo | undefined): BlockIo | undefined {
  if (io === undefined) return undefined
  const numbered = <T extends {readonly path: string}>(list: readonly T[]) =>
    list.map(each => ({...each, path: blockDevice(each.path)}))
  return {
    ...io,
    weightDevice: numbered(io.weightDevice),
    readBps: numbered(io.readBps),
    writeBps: numbered(io.writeBps),
    readIops: numbered(io.readIops),
    writeIops: numbered(io.writeIops),
  }
}

function blockDevice(path: string): string {
  const stats = statsOf(path)
  if (!stats.isBlockDevice()) {
    throw new StackError('start-failed', `${path} is not a block device, so its I/O cannot be limited`, {
      hint: 'name the disk that the data is on, such as /dev/sda',
    })
  }
  const {major, minor} = numbersOf(stats.rdev)
  return `${major}:${minor}`
}

function statsOf(path: string): Stats {
  const stats = statSync(path, {throwIfNoEntry: false})
  if (stats !== undefined) return stats
  throw new StackError('start-failed', `there is no device ${path} on this host`)
}

/** As glibc's makedev packs them. */
export function numbersOf(device: number): {readonly major: number; readonly minor: number} {
  const low = device % 2 ** 32
  return {
    major: ((low >>> 8) & 0xfff) | (Math.floor(device / 2 ** 32) & ~0xfff),
    minor: (low & 0xff) | ((low >>> 12) & 0xfff00),
  }
}
