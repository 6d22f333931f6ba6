import {expect, test} from 'vitest'
import {resolveUser} from '../../../../src/runtime/container/user.ts'

const accounts = {
  passwd:
    'root:x:0:0:root:/root:/bin/sh\n# comment\nweb:x:33:33::/var/www:\nbroken line\nhuge:x:4294967295:1::/:\n7:x:70:70::/seven:\n',
  group: 'root:x:0:\nwww:x:33:\nadm:x:4:web,root\nssl:x:101:web\n',
}
const resolved = (spec: string, added: string[] = []) => resolveUser(spec, added, accounts)

test('nobody named is root, with its home and its groups', () => {
  expect(resolved('')).toEqual({uid: 0, gid: 0, groups: [4], home: '/root'})
})

test('a name brings its group, its groups and its home', () => {
  expect(resolved('web')).toEqual({uid: 33, gid: 33, groups: [4, 101], home: '/var/www'})
})

test('a number of an account is that account', () => {
  expect(resolved('33')).toEqual(resolved('web'))
})

test('a number without one has group 0 and no home but /', () => {
  expect(resolved('1234')).toEqual({uid: 1234, gid: 0, groups: [], home: '/'})
})

test('a named group replaces the account’s and leaves out its supplementary ones', () => {
  expect(resolved('web:ssl')).toEqual({uid: 33, gid: 101, groups: [], home: '/var/www'})
  expect(resolved('1000:1000')).toEqual({uid: 1000, gid: 1000, groups: [], home: '/'})
})

test('groups can be added, by name and number, once each', () => {
  expect(resolved('web', ['ssl', '900']).groups).toEqual([4, 101, 900])
})

test('a name that is all digits is looked up as a name first', () => {
  expect(resolved('7').uid).toBe(70)
})

test('who is unknown is an error that says where to look', () => {
  expect(() => resolved('nobody')).toThrow('unable to find user "nobody"')
  expect(() => resolved('web:nogroup')).toThrow('unable to find group "nogroup"')
  expect(() => resolved('4294967295')).toThrow('unable to find user')
})

test('without accounts numbers still work', () => {
  expect(resolveUser('5:6', [], {passwd: '', group: ''})).toEqual({uid: 5, gid: 6, groups: [], home: '/'})
  expect(resolveUser('', [], {passwd: '', group: ''})).toEqual({uid: 0, gid: 0, groups: [], home: '/'})
})
