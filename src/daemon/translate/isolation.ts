import {StackError} from '../../base/error.ts'
import type {HostConfig, SharedMode} from '../../model/container.ts'
import type {HostBody} from './bodies.ts'

type Isolation = Pick<
  HostConfig,
  | 'pidMode'
  | 'ipcMode'
  | 'utsMode'
  | 'cgroupMode'
  | 'cgroupParent'
  | 'usernsMode'
  | 'maskedPaths'
  | 'readOnlyPaths'
  | 'annotations'
  | 'apiSocket'
>

/** What is asked of namespaces and of what they hide; names of containers are resolved by the caller. */
export function isolation(body: HostBody): Isolation {
  const pidMode = sharedMode('PidMode', body.PidMode)
  const ipcMode = isOwnIpc(body.IpcMode) ? body.IpcMode : sharedMode('IpcMode', body.IpcMode)
  const utsMode = sharedMode('UTSMode', body.UTSMode)
  const cgroupMode = oneOf('CgroupnsMode', body.CgroupnsMode, ['host', 'private'])
  const usernsMode = oneOf('UsernsMode', body.UsernsMode, ['host'])
  oneOf('Runtime', body.Runtime, ['runc', 'io.containerd.runc.v2'])
  const {CgroupParent: cgroupParent, MaskedPaths: maskedPaths, ReadonlyPaths: readOnlyPaths} = body
  return {
    ...(pidMode === undefined ? {} : {pidMode}),
    ...(ipcMode === undefined ? {} : {ipcMode}),
    ...(utsMode === undefined ? {} : {utsMode}),
    ...(cgroupMode === undefined ? {} : {cgroupMode}),
    ...(usernsMode === undefined ? {} : {usernsMode}),
    ...(cgroupParent ? {cgroupParent: insideTree(cgroupParent)} : {}),
    ...(maskedPaths ? {maskedPaths: maskedPaths.map(absolute)} : {}),
    ...(readOnlyPaths ? {readOnlyPaths: readOnlyPaths.map(absolute)} : {}),
    ...(body.Annotations ? {annotations: body.Annotations} : {}),
    ...(body.StackApiSocket ? {apiSocket: true} : {}),
  }
}

/** inspect's part of it, as Docker fills it in. */
export function isolationBody(host: HostConfig) {
  return {
    IpcMode: host.ipcMode ?? 'private',
    PidMode: host.pidMode ?? '',
    UTSMode: host.utsMode ?? '',
    CgroupnsMode: host.cgroupMode ?? 'private',
    CgroupParent: host.cgroupParent ?? '',
    UsernsMode: host.usernsMode ?? '',
    Runtime: 'runc',
    Isolation: '',
    ...(host.maskedPaths === undefined ? {} : {MaskedPaths: host.maskedPaths}),
    ...(host.readOnlyPaths === undefined ? {} : {ReadonlyPaths: host.readOnlyPaths}),
    ...(host.annotations === undefined ? {} : {Annotations: host.annotations}),
    ...(host.apiSocket ? {StackApiSocket: true} : {}),
  }
}

const isOwnIpc = (mode: string | undefined): mode is 'private' | 'shareable' | 'none' =>
  mode === 'private' || mode === 'shareable' || mode === 'none'

function sharedMode(key: string, mode = ''): SharedMode | undefined {
  if (mode === '' || (mode === 'private' && key !== 'UTSMode')) return undefined
  if (mode === 'host') return mode
  const container = /^container:(.+)$/.exec(mode)?.[1]
  if (container !== undefined) return `container:${container}`
  throw new StackError('bad-request', `invalid ${key} "${mode}"`, {hint: 'it is host or container:NAME'})
}

function oneOf<Value extends string>(
  key: string,
  value: string | undefined,
  among: readonly Value[],
): Value | undefined {
  if (!value) return undefined
  const found = among.find(each => each === value)
  if (found !== undefined) return found
  throw new StackError('bad-request', `${key} "${value}" is not supported`, {hint: `it is ${among.join(' or ')}`})
}

function insideTree(path: string): string {
  if (!path.split('/').includes('..') && !path.includes('\0')) return path
  throw new StackError('bad-request', `cgroup parent "${path}" leads out of the tree`, {hint: 'leave ".." out of it'})
}

function absolute(path: string): string {
  if (path.startsWith('/')) return path
  throw new StackError('bad-request', `path "${path}" to mask or protect is not absolute`)
}
