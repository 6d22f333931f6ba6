import {sysctlHint, sysctlScope} from '../../base/sysctl.ts'
import {tmpfsHint, wrongTmpfsOption} from '../../base/tmpfs.ts'
import {isUlimitName, ulimitNames} from '../../base/ulimits.ts'
import type {CanonicalService} from '../canonical-form.ts'
import type {ServiceCheck, Tell} from './check.ts'

/** Values that the kernel would refuse, found before anything is made. */
export const checkKernel: ServiceCheck = (name, service, {tell}) => {
  checkCpuTime(name, service, tell)
  const {mem_swappiness: swappiness} = service
  if (swappiness !== undefined && (swappiness < -1 || swappiness > 100)) {
    tell('bad-value', ['services', name, 'mem_swappiness'], {
      message: `services.${name}.mem_swappiness must be from 0 to 100, not ${swappiness}`,
    })
  }
  checkUlimits(name, service, tell)
  checkSysctls(name, service, tell)
  service.tmpfs?.forEach((text, index) => {
    const wrong = wrongTmpfsOption(text.split(':')[1] ?? '')
    if (wrong === undefined) return
    tell('bad-value', ['services', name, 'tmpfs', index], {
      message: `services.${name}.tmpfs[${index}]: "${wrong}" is no option of a tmpfs`,
      hint: tmpfsHint,
    })
  })
}

const ranges = {
  cpu_period: [1000, 1_000_000],
  cpu_quota: [1000, Number.POSITIVE_INFINITY],
  cpu_rt_period: [1, Number.POSITIVE_INFINITY],
  cpu_rt_runtime: [1, Number.POSITIVE_INFINITY],
} as const
const oneSecond = 1_000_000

function checkCpuTime(name: string, service: CanonicalService, tell: Tell): void {
  const at = (key: string) => ['services', name, key]
  for (const key of ['cpu_period', 'cpu_quota', 'cpu_rt_period', 'cpu_rt_runtime'] as const) {
    const value = service[key] ?? 0
    const [least, most] = ranges[key]
    const isOff = value === 0 || (key === 'cpu_quota' && value === -1)
    if (isOff || (value >= least && value <= most)) continue
    const range = most === Number.POSITIVE_INFINITY ? `${least} or more` : `from ${least} to ${most}`
    tell('bad-value', at(key), {message: `services.${name}.${key} must be ${range} microseconds, not ${value}`})
  }
  const cpus = service.cpus ?? service.deploy?.resources?.limits?.cpus
  const written = service.cpu_quota ? 'cpu_quota' : service.cpu_period ? 'cpu_period' : undefined
  if (cpus && written !== undefined) {
    tell('conflict', at(written), {
      message: `services.${name} has both cpus and ${written}: they say the same in two ways`,
    })
  }
  const {cpu_rt_runtime: runtime = 0, cpu_rt_period: period = oneSecond} = service
  if (runtime > (period || oneSecond)) {
    tell('bad-value', at('cpu_rt_runtime'), {
      message: `services.${name}.cpu_rt_runtime is more than cpu_rt_period, which is ${period || oneSecond}`,
    })
  }
}

function checkUlimits(name: string, {ulimits}: CanonicalService, tell: Tell): void {
  for (const [limit, value] of Object.entries(ulimits ?? {})) {
    const path = ['services', name, 'ulimits', limit]
    if (!isUlimitName(limit)) {
      const message = `services.${name}.ulimits: a process has no limit "${limit}"`
      tell('unknown-key', path, {message, hint: `there are ${ulimitNames.join(', ')}`})
    } else if (typeof value !== 'number' && value.hard >= 0 && (value.soft < 0 || value.soft > value.hard)) {
      tell('bad-value', path, {
        message: `services.${name}.ulimits.${limit}: the soft limit ${value.soft} is above the hard one, ${value.hard}`,
      })
    }
  }
}

function checkSysctls(name: string, {sysctls, network_mode: mode}: CanonicalService, tell: Tell): void {
  for (const key of Object.keys(sysctls ?? {})) {
    const scope = sysctlScope(key)
    const path = ['services', name, 'sysctls', key]
    if (scope === 'machine') {
      const message = `services.${name}.sysctls: ${key} cannot be set for a container`
      tell('unsupported', path, {message, hint: sysctlHint})
    } else if (scope === 'network' && mode === 'host') {
      tell('conflict', path, {message: `services.${name}.sysctls: ${key} would change the network of the host`})
    }
  }
}
