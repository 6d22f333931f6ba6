import {hostname} from 'node:os'
import {describe, expect, test} from 'vitest'
import {sharedNamespaces} from '../../../src/daemon/sharing.ts'
import {isolation, isolationBody} from '../../../src/daemon/translate/isolation.ts'
import {record} from '../runtime/container/record.ts'

const asked = {
  PidMode: 'container:app',
  IpcMode: 'shareable',
  UTSMode: 'host',
  CgroupnsMode: 'host',
  CgroupParent: 'team',
  UsernsMode: 'host',
  MaskedPaths: [],
  ReadonlyPaths: ['/proc/bus'],
  Annotations: {owner: 'me'},
  StackApiSocket: true,
}

test('what is asked is what inspect says', () => {
  expect(isolationBody(record({host: isolation({...asked, Runtime: 'runc'})}).host)).toEqual({
    ...asked,
    Runtime: 'runc',
    Isolation: '',
  })
  const nothing = {PidMode: '', IpcMode: 'private', UTSMode: '', CgroupnsMode: 'private'}
  expect(isolationBody(record().host)).toMatchObject({...nothing, CgroupParent: '', UsernsMode: ''})
  expect(isolation({})).toEqual({})
  expect(isolation({...nothing, CgroupParent: '', UsernsMode: '', Runtime: '', MaskedPaths: null})).toEqual({
    ...{ipcMode: 'private', cgroupMode: 'private'},
  })
})

test.each([
  [{PidMode: 'service:app'}, 'invalid PidMode "service:app"'],
  [{IpcMode: 'container:'}, 'invalid IpcMode'],
  [{UTSMode: 'private'}, 'invalid UTSMode "private"'],
  [{CgroupnsMode: 'shared'}, 'CgroupnsMode "shared" is not supported'],
  [{UsernsMode: 'auto'}, 'UsernsMode "auto" is not supported'],
  [{Runtime: 'kata'}, 'Runtime "kata" is not supported'],
  [{CgroupParent: 'a/../../b'}, 'leads out of the tree'],
  [{MaskedPaths: ['proc']}, 'is not absolute'],
])('%j is refused', (body, message) => {
  expect(() => isolation(body)).toThrow(message)
})

describe('names become ids', () => {
  const app = record({name: 'app', config: {hostname: 'box'}, host: {ipcMode: 'shareable'}})
  const find = (name: string) => {
    if (name === 'app') return app
    if (name === 'closed') return record({name: 'closed'})
    throw new Error(`no such container: ${name}`)
  }
  const id = `container:${app.id}` as const

  test('and the host name is that of the namespace', () => {
    const host = record({host: {pidMode: 'container:app', ipcMode: 'container:app', utsMode: 'container:app'}}).host
    expect(sharedNamespaces(host, undefined, find)).toEqual({
      host: {pidMode: id, ipcMode: id, utsMode: id},
      config: {hostname: 'box'},
    })
    const ofHost = record({host: {pidMode: 'host', ipcMode: 'host', utsMode: 'host'}}).host
    expect(sharedNamespaces(ofHost, '', find).config).toEqual({hostname: hostname()})
  })

  test('IPC that is private stays so, and a name of one’s own needs a namespace of one’s own', () => {
    expect(() => sharedNamespaces(record({host: {ipcMode: 'container:closed'}}).host, '', find)).toThrow(
      'the IPC namespace of container "closed" is private',
    )
    expect(() => sharedNamespaces(record({host: {utsMode: 'host'}}).host, 'mine', find)).toThrow(
      'conflicting options: hostname "mine" and UTSMode "host"',
    )
    expect(() => sharedNamespaces(record({host: {pidMode: 'container:gone'}}).host, '', find)).toThrow('gone')
  })
})
