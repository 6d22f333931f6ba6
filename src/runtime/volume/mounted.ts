import {readFileSync} from 'node:fs'
import {mkdir, rmdir} from 'node:fs/promises'
import {dirname} from 'node:path'
import {errnoOf, StackError} from '../../base/error.ts'
import {native} from '../../native/binding.ts'
import type {VolumeRecord} from '../runtime.ts'
import {mountCall, withAddress} from './options.ts'

/** Mounts a volume with options where it is not yet; nothing is left where that fails. */
export async function mountVolume({name, options, mountpoint}: VolumeRecord): Promise<void> {
  if (isMountpoint(mountpoint)) return
  const call = mountCall(options)
  await mkdir(mountpoint, {recursive: true, mode: 0o711})
  try {
    await native().mount({...(await withAddress(call)), target: mountpoint})
  } catch (error) {
    await removeEmpty(mountpoint)
    const what = `mount volume "${name}" (type ${call.type}, device ${call.source}${options.o ? `, o ${options.o}` : ''})`
    throw new StackError('start-failed', `${what}: ${reasonOf(error)}`, hintOf(error, call.type))
  }
}

/** Gone already is a success. */
export async function unmountVolume({mountpoint}: VolumeRecord): Promise<void> {
  // Again where somebody mounted over it.
  while (isMountpoint(mountpoint)) await native().unmount({target: mountpoint})
  await removeEmpty(mountpoint)
}

/** The directory, and the one of all mountpoints with the last; never what is in them. */
async function removeEmpty(mountpoint: string): Promise<void> {
  for (const each of [mountpoint, dirname(mountpoint)]) {
    await rmdir(each).catch(error => {
      if (!['ENOENT', 'ENOTEMPTY'].includes(errnoOf(error) ?? '')) throw error
    })
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const hints: Readonly<Record<string, (type: string) => string>> = {
  ENODEV: type => `this kernel has no file system "${type}": see /proc/filesystems`,
  ENOENT: () => 'make the device, a directory for a bind, first',
  EINVAL: () => 'the file system does not understand what stands in "o"',
}

function hintOf(error: unknown, type: string): {hint?: string} {
  const hint = hints[errnoOf(error) ?? '']
  return hint === undefined ? {} : {hint: hint(type)}
}

/** Whether something is mounted there, as the kernel has it. */
export function isMountpoint(path: string): boolean {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  return lines.some(line => plain(line.split(' ')[4] ?? '') === path)
}

/** The kernel writes a space as `\040`. */
const plain = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
