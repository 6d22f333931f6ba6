import {parsePlatform, runs} from '../base/platform.ts'
import {problem, type Report, warning} from './problem.ts'
import {checkBuild} from './support-build.ts'
import {type SupportContext, unsupported, type ValueCheck} from './support-check.ts'
import {isolationChecks} from './support-isolation.ts'
import {entriesOf, get, itemsOf, type MapTree, type Tree, textOf} from './tree.ts'

const serviceChecks: Readonly<Record<string, ValueCheck>> = {
  deploy: (tree, {where, report}) => {
    const mode = get(tree, 'endpoint_mode')
    if (mode === undefined || ['vip', 'dnsrr'].includes(textOf(mode) ?? '')) return
    report(unsupported(problem, `${where}.endpoint_mode must be vip or dnsrr, not ${textOf(mode)}`, {at: mode.at}))
  },
  logging: (tree, {where, report}) => {
    const driver = get(tree, 'driver')
    if (driver !== undefined && !['json-file', 'local', 'none'].includes(textOf(driver) ?? '')) {
      report(unsupported(warning, `${where}.driver: output is kept as json-file instead`, {at: driver.at}))
    }
    for (const [name, {key}] of entriesOf(get(tree, 'options'))) {
      if (!['max-size', 'max-file'].includes(name))
        report(unsupported(warning, `${where}.options.${name} has no effect`, {at: key}))
    }
  },
  networks: (tree, {where, report}) => {
    for (const [name, {value}] of entriesOf(tree)) {
      warnOfOptions(get(value, 'driver_opts'), {where: `${where}.${name}.driver_opts`, known: endpointOptions, report})
    }
  },
  network_mode: (tree, {where, report}) => {
    if (/^(?:none|host|bridge|service:.+|container:.+)$/.test(textOf(tree) ?? '')) return
    report(unsupported(problem, `${where} must be none, host, service:NAME or container:NAME`, {at: tree.at}))
  },
  platform: (tree, {where, context, report}) => {
    const machine = context.platform === undefined ? undefined : parsePlatform(context.platform)
    if (machine === undefined) return
    const wanted = parsePlatform(textOf(tree) ?? '', machine)
    if (wanted !== undefined && runs(machine, wanted)) return
    const wrong =
      wanted === undefined
        ? {message: `${where}: "${textOf(tree)}" is no platform`, hint: `write ${context.platform}`}
        : {message: `${where}: this machine is ${context.platform}`, hint: 'programs of other processors are not run'}
    report(unsupported(problem, wrong.message, {at: tree.at, hint: wrong.hint}))
  },
  pre_start: (tree, {where, report}) => {
    itemsOf(tree).forEach((item, index) => {
      const each = get(item, 'per_replica')
      if (each?.kind !== 'scalar' || each.value !== true) return
      report(
        unsupported(problem, `${where}[${index}].per_replica: it is run once for the service`, {
          at: each.at,
          hint: 'leave per_replica away; what each replica needs can be the beginning of its command',
        }),
      )
    })
  },
  volumes: (tree, {where, context, report}) => {
    itemsOf(tree).forEach((item, index) => {
      const selinux = get(item, 'bind', 'selinux')
      if (selinux !== undefined && context.securityModules?.includes('selinux')) {
        const message = `${where}[${index}].bind.selinux has no effect`
        report(unsupported(warning, message, {at: selinux.at, hint: 'files are not labelled for SELinux'}))
      }
      const type = get(item, 'type')
      if (type === undefined || ['bind', 'volume', 'tmpfs'].includes(textOf(type) ?? '')) return
      report(
        unsupported(problem, `${where}[${index}]: mounts of type ${textOf(type)} are not supported`, {at: type.at}),
      )
    })
  },
}

/** Attributes of which only some values are honoured. */
export function supportOfValue(tree: MapTree, context: SupportContext, report: Report): void {
  for (const [name, {value: service}] of entriesOf(get(tree, 'services'))) {
    warnOfPorts(name, service, report)
    for (const [key, check] of Object.entries({...serviceChecks, ...isolationChecks, build: checkBuild})) {
      const value = get(service, key)
      if (value !== undefined) check(value, {where: `services.${name}.${key}`, context, report})
    }
  }
  checkDrivers(tree, report)
}

/** A service without a network of its own has nothing to publish from. */
function warnOfPorts(name: string, service: Tree, report: Report): void {
  const mode = textOf(get(service, 'network_mode'))
  const ports = entriesOf(service).get('ports')
  if (ports === undefined || itemsOf(ports.value).length === 0 || (mode !== 'host' && mode !== 'none')) return
  const hint = mode === 'host' ? 'its programs listen on the host itself' : 'it has no network at all'
  report(unsupported(warning, `services.${name}.ports has no effect with network_mode ${mode}`, {at: ports.key, hint}))
}

function checkDrivers(tree: MapTree, report: Report): void {
  for (const [kind, own] of [
    ['networks', 'bridge'],
    ['volumes', 'local'],
  ] as const) {
    for (const [name, {value}] of entriesOf(get(tree, kind))) {
      const driver = get(value, 'driver')
      if (driver === undefined || ['', own, 'default'].includes(textOf(driver) ?? '')) continue
      report(
        unsupported(problem, `${kind}.${name}.driver: "${textOf(driver)}" is not supported`, {
          at: driver.at,
          hint: `the driver is ${own}`,
        }),
      )
    }
  }
  for (const [name, {value}] of entriesOf(get(tree, 'volumes'))) {
    for (const [option, {key}] of entriesOf(get(value, 'driver_opts'))) {
      if (['type', 'o', 'device'].includes(option)) continue
      const message = `volumes.${name}.driver_opts: ${option} is not supported`
      report(unsupported(problem, message, {at: key, hint: 'options are type, o and device, as of mount'}))
    }
  }
  for (const [name, {value}] of entriesOf(get(tree, 'networks'))) {
    const where = `networks.${name}`
    warnOfOptions(get(value, 'driver_opts'), {where: `${where}.driver_opts`, known: networkOptions, report})
    const ipam = get(get(value, 'ipam'), 'driver')
    if (ipam !== undefined && !['', 'default'].includes(textOf(ipam) ?? '')) {
      const message = `${where}.ipam.driver: addresses are given by stack, not by "${textOf(ipam)}"`
      report(unsupported(warning, message, {at: ipam.at}))
    }
    const ipv4 = get(value, 'enable_ipv4')
    if (ipv4?.kind !== 'scalar' || ipv4.value !== false) continue
    report(unsupported(problem, `networks.${name}.enable_ipv4: a network always has IPv4`, {at: ipv4.at}))
  }
}

const endpointOptions = ['com.docker.network.endpoint.ifname']
const networkOptions = ['com.docker.network.driver.mtu', 'com.docker.network.bridge.name']

type Options = {readonly where: string; readonly known: readonly string[]; readonly report: Report}

function warnOfOptions(tree: Tree | undefined, {where, known, report}: Options): void {
  for (const [name, {key}] of entriesOf(tree)) {
    if (!known.includes(name)) report(unsupported(warning, `${where}: ${name} has no effect`, {at: key}))
  }
}
