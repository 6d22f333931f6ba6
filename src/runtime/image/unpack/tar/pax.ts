import type {TarTime} from './entry.ts'
import {damaged} from './header.ts'

/** Records of an extended header in their order, keys and values as bytes (latin1). */
export type PaxRecords = ReadonlyArray<readonly [key: string, value: string]>

/** `LENGTH KEY=VALUE\n`, the length that of all of it. */
export function readPax(data: Buffer): PaxRecords {
  const records: Array<readonly [string, string]> = []
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(0x20, at)
    const digits = space < 0 ? '' : data.toString('latin1', at, space)
    const end = at + Number(digits)
    const equals = data.indexOf(0x3d, space)
    const isWhole = /^[1-9]\d{0,8}$/.test(digits) && equals > space && equals < end && data[end - 1] === 0x0a
    if (!isWhole) throw damaged('an extended header cannot be read')
    records.push([data.toString('latin1', space + 1, equals), data.toString('latin1', equals + 1, end - 1)])
    at = end
  }
  return records
}

export function paxNumber(value: string): number {
  const number = Number(value)
  if (/^\d+$/.test(value) && Number.isSafeInteger(number)) return number
  throw damaged('an extended header has a number that is none')
}

/** `-1.5` is a second and a half before the epoch: nanoseconds always count forward. */
export function paxTime(value: string): TarTime {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d{1,15})(?:\.(\d*))?$/.exec(value) ?? []
  if (whole === '') throw damaged('an extended header has a time that is none')
  const nanoseconds = Number(fraction.slice(0, 9).padEnd(9, '0'))
  if (sign === '') return {seconds: Number(whole), nanoseconds}
  return nanoseconds === 0
    ? {seconds: -Number(whole), nanoseconds: 0}
    : {seconds: -Number(whole) - 1, nanoseconds: 1e9 - nanoseconds}
}
