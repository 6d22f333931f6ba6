/** One line of a device cgroup, `c 1:3 rwm`; undefined stands for `*`. Type `a` is both `b` and `c`. */
export type DeviceRule = {
  readonly type: 'a' | 'b' | 'c'
  readonly major: number | undefined
  readonly minor: number | undefined
  readonly access: string
}

const line = /^([abc]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/
const most = {major: 2 ** 12 - 1, minor: 2 ** 20 - 1}

/** undefined where it is none. */
export function parseDeviceRule(text: string): DeviceRule | undefined {
  const [, type, major, minor, access = ''] = line.exec(text) ?? []
  if (type !== 'a' && type !== 'b' && type !== 'c') return undefined
  const rule = {type, major: numberOf(major), minor: numberOf(minor), access} as const
  return (rule.major ?? 0) > most.major || (rule.minor ?? 0) > most.minor ? undefined : rule
}

const numberOf = (text: string | undefined): number | undefined => (text === '*' ? undefined : Number(text))

export const deviceRuleHint = 'write TYPE MAJOR:MINOR ACCESS, such as c 1:3 rwm; * stands for every number'

export const isDeviceAccess = (text: string): boolean => /^[rwm]{1,3}$/.test(text)

/** `vendor.com/class=name`, as the container device interface names what a vendor's program hands out. */
export const isCdiName = (text: string): boolean => /^[A-Za-z][\w.-]*\/[A-Za-z][\w.-]*=[\w.:-]+$/.test(text)
