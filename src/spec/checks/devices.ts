import {deviceRuleHint, isCdiName, isDeviceAccess, parseDeviceRule} from '../../base/device-rule.ts'
import type {CanonicalDevice} from '../canonical-form.ts'
import type {ServiceCheck} from './check.ts'

/** Devices of the host, rules about devices, and limits of block devices. */
export const checkDevices: ServiceCheck = (name, service, {tell}) => {
  service.devices?.forEach((device, index) => {
    const wrong = wrongWith(device)
    if (wrong === undefined) return
    const {code = 'bad-value', message, hint} = wrong
    tell(code, ['services', name, 'devices', index], {message: `services.${name}.devices[${index}]: ${message}`, hint})
  })
  service.device_cgroup_rules?.forEach((rule, index) => {
    if (parseDeviceRule(rule) !== undefined) return
    tell('bad-value', ['services', name, 'device_cgroup_rules', index], {
      message: `services.${name}.device_cgroup_rules[${index}]: "${rule}" is not a rule about devices`,
      hint: deviceRuleHint,
    })
  })
}

const rates = ['device_read_bps', 'device_write_bps', 'device_read_iops', 'device_write_iops'] as const

export const checkBlockIo: ServiceCheck = (name, {blkio_config: io}, {tell}) => {
  const at = (...rest: (string | number)[]) => ['services', name, 'blkio_config', ...rest]
  const where = `services.${name}.blkio_config`
  const checkPath = (path: string, key: string, index: number) => {
    if (path.startsWith('/')) return
    tell('bad-value', at(key, index, 'path'), {message: `${where}.${key}[${index}]: "${path}" is not an absolute path`})
  }
  if (io?.weight !== undefined && io.weight !== 0) checkWeight(io.weight, 'weight', at('weight'))
  io?.weight_device?.forEach(({path, weight}, index) => {
    checkPath(path, 'weight_device', index)
    checkWeight(weight, `weight_device[${index}].weight`, at('weight_device', index, 'weight'))
  })
  for (const key of rates) {
    io?.[key]?.forEach(({path, rate}, index) => {
      checkPath(path, key, index)
      if (!(Number(rate) < 0)) return
      tell('bad-value', at(key, index, 'rate'), {message: `${where}.${key}[${index}].rate must not be negative`})
    })
  }

  function checkWeight(weight: number, what: string, path: (string | number)[]): void {
    if (weight >= 10 && weight <= 1000) return
    tell('bad-value', path, {message: `${where}.${what} must be from 10 to 1000, not ${weight}`})
  }
}

type Wrong = {readonly code?: 'unsupported'; readonly message: string; readonly hint?: string | undefined}

function wrongWith({source = '', target = '', permissions = ''}: CanonicalDevice): Wrong | undefined {
  if (isCdiName(source)) {
    const message = `"${source}" is a name of the container device interface, which is not supported`
    return {code: 'unsupported', message, hint: 'name the device nodes themselves, such as /dev/dri/renderD128'}
  }
  if (!source.startsWith('/')) return {message: `"${source}" is not an absolute path`}
  if (!target.startsWith('/')) {
    const hint = isDeviceAccess(target) ? `write ${source}:${source}:${target}` : undefined
    return {message: `"${target}" is not an absolute path in the container`, hint}
  }
  return isDeviceAccess(permissions)
    ? undefined
    : {message: `"${permissions}" is not an access: it is made of r, w and m`}
}
