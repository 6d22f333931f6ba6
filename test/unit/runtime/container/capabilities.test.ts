import {expect, test} from 'vitest'
import {
  capabilitiesOf,
  everyCapability,
  hasCapability,
  hexOf,
  knownTo,
} from '../../../../src/runtime/container/capabilities.ts'

const of = (capAdd: string[], capDrop: string[], privileged = false) =>
  hexOf(capabilitiesOf({privileged, capAdd, capDrop}))

test('the default is what Docker gives', () => {
  expect(of([], [])).toBe('00000000a80425fb')
})

test.each([
  ['one added', ['NET_ADMIN'], [], '00000000a80435fb'],
  ['names may have their prefix and be in lower case', ['cap_net_admin'], [], '00000000a80435fb'],
  ['one dropped', [], ['NET_RAW'], '00000000a80405fb'],
  ['all dropped but one', ['NET_BIND_SERVICE'], ['ALL'], '0000000000000400'],
  ['none', [], ['ALL'], '0000000000000000'],
  ['all but one', ['ALL'], ['SYS_ADMIN'], '000001ffffdfffff'],
])('%s', (_name, added, dropped, mask) => {
  expect(of(added, dropped)).toBe(mask)
})

test('privileged has all of them, whatever is dropped', () => {
  expect(of([], ['ALL'], true)).toBe('000001ffffffffff')
})

test('a name that does not exist is an error', () => {
  expect(() => of(['NET_ADMINN'], [])).toThrow('unknown capability "NET_ADMINN"')
})

test('an older kernel gets those that it has', () => {
  expect(hexOf(knownTo(37, everyCapability))).toBe('0000003fffffffff')
  expect(hasCapability(knownTo(37, everyCapability), 'BPF')).toBe(false)
})
