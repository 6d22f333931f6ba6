import {type DeviceRule, parseDeviceRule} from '../../../base/device-rule.ts'
import type {HostConfig} from '../../../model/container.ts'
import type {HostResources} from '../../../model/resources.ts'
import type {GrantedDevice} from '../devices.ts'
import {deviceRules} from '../masks.ts'

/** What may be done with which device; undefined: anything with all of them. What is not named is refused. */
export function deviceRulesOf(host: HostConfig, granted: readonly GrantedDevice[]): readonly DeviceRule[] | undefined {
  if (host.privileged) return undefined
  const asked = [
    ...granted.map(({type, major, minor, access}) => `${type} ${major}:${minor} ${access}`),
    ...(host.resources.deviceCgroupRules ?? []),
  ]
  return asked.length === 0 ? everybodys : merged([...everybodys, ...asked.flatMap(rulesOf)])
}

const rulesOf = (line: string): DeviceRule[] => {
  const rule = parseDeviceRule(line)
  return rule === undefined ? [] : split(rule)
}

/** Where something is asked of devices a container that is not held to it must not start. */
export const needsDeviceRules = ({devices, deviceCgroupRules}: HostResources): boolean =>
  devices !== undefined || deviceCgroupRules !== undefined

const split = (rule: DeviceRule): DeviceRule[] =>
  rule.type === 'a'
    ? [
        {...rule, type: 'b'},
        {...rule, type: 'c'},
      ]
    : [rule]

/** Rules about the same numbers are one: what is opened for reading and writing must be allowed by one rule. */
function merged(rules: readonly DeviceRule[]): DeviceRule[] {
  const byNumbers = new Map<string, DeviceRule>()
  for (const rule of rules) {
    const key = `${rule.type} ${rule.major}:${rule.minor}`
    const access = [...'rwm'].filter(each => `${byNumbers.get(key)?.access ?? ''}${rule.access}`.includes(each))
    byNumbers.set(key, {...rule, access: access.join('')})
  }
  return [...byNumbers.values()]
}

const everybodys = merged(deviceRules.flatMap(rulesOf))

/** `c 1:3 rwm`, as a version 1 tree takes it. */
export const ruleLine = ({type, major, minor, access}: DeviceRule): string =>
  `${type} ${major ?? '*'}:${minor ?? '*'} ${access}`
