import {expect, test} from 'vitest'
import {checkOptions, isMounted, mountCall, withAddress} from '../../../../src/runtime/volume/options.ts'

test.each([
  [
    {type: 'none', o: 'bind', device: '/srv'},
    {type: 'none', source: '/srv', flags: 4096, data: ''},
  ],
  [
    {type: 'none', o: 'rbind,ro,nosuid', device: '/srv'},
    {type: 'none', source: '/srv', flags: 20_483, data: ''},
  ],
  [
    {type: 'tmpfs', device: 'tmpfs', o: 'size=1m,uid=3,noexec'},
    {type: 'tmpfs', source: 'tmpfs', flags: 8, data: 'size=1m,uid=3'},
  ],
  [
    {type: 'tmpfs', device: 'tmpfs', o: 'ro,rw'},
    {type: 'tmpfs', source: 'tmpfs', flags: 0, data: ''},
  ],
])('%o', (options, call) => {
  expect(() => checkOptions('v', options)).not.toThrow()
  expect(mountCall(options)).toEqual(call)
})

test.each([
  [{size: '1g'}, 'option "size" of a local volume is not supported'],
  [{type: 'tmpfs'}, 'the option device is missing'],
  [{o: 'ro', device: '/srv'}, 'the option type is missing'],
])('%o is refused', (options, message) => {
  expect(() => checkOptions('v', options)).toThrow(message)
})

test('without a value there is nothing to mount', () => {
  expect([{}, {type: ''}, {device: '/srv'}].map(isMounted)).toEqual([false, false, true])
})

test('NFS gets the address of a name, nobody else does', async () => {
  const call = {type: 'nfs4', source: ':/data', flags: 0, data: 'addr=localhost,vers=4'}
  expect((await withAddress(call)).data).toMatch(/^addr=(?:127\.0\.0\.1|::1),vers=4$/)
  expect((await withAddress({...call, type: 'cifs'})).data).toBe(call.data)
})
