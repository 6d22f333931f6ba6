import type {CanonicalPort, CanonicalService} from '../canonical-form.ts'
import type {Switched} from '../profiles.ts'
import type {ServiceCheck, Tell} from './check.ts'

type Claim = {readonly service: string; readonly target: number | undefined; readonly hostIp: string}

/** A port of the host leads to one service. */
export function checkHostPorts({on}: Switched, tell: Tell): void {
  const claims = new Map<string, Claim[]>()
  for (const [name, service] of Object.entries(on)) {
    if (!publishes(service)) continue
    service.ports?.forEach((port, index) => {
      const number = portNumber(port)
      if (number === undefined) return
      const claim = {service: name, target: port.target, hostIp: isEvery(port.host_ip) ? '' : port.host_ip!}
      const key = `${number}/${port.protocol ?? 'tcp'}`
      const rival = claims.get(key)?.find(each => collide(each, claim))
      claims.set(key, [...(claims.get(key) ?? []), claim])
      if (rival === undefined) return
      tell('conflict', ['services', name, 'ports', index], {
        message:
          rival.service === name
            ? `services.${name}.ports has port ${key} of the host twice`
            : `services.${rival.service} and services.${name} both publish port ${key} of the host`,
        hint: 'give one of them another number, or another address of the host',
      })
    })
  }
}

/** Whose network it joins, by that one's address it is reached. */
export const checkPublishing: ServiceCheck = (name, {network_mode: mode, ports}, {tell}) => {
  if (!/^(?:service|container):/.test(mode ?? '') || !ports?.length) return
  const [kind, owner] = mode!.split(':')
  tell('conflict', ['services', name, 'ports'], {
    message: `services.${name} has both ports and network_mode ${mode}`,
    hint: `publish them on the ${kind} "${owner}", whose network it joins`,
  })
}

/** Within a service the same port for the same target is only written twice, and one address may differ from all others. */
function collide(a: Claim, b: Claim): boolean {
  if (a.service === b.service) return a.target !== b.target && a.hostIp === b.hostIp
  return a.hostIp === b.hostIp || a.hostIp === '' || b.hostIp === ''
}

const isEvery = (hostIp: string | undefined): boolean => ['', '0.0.0.0', '::'].includes(hostIp ?? '')

/** Any free one, and one of a range, is chosen at the start. */
function portNumber({published}: CanonicalPort): number | undefined {
  return /^\d+$/.test(published ?? '') && Number(published) > 0 ? Number(published) : undefined
}

const publishes = ({network_mode: mode, scale, deploy, provider}: CanonicalService): boolean =>
  (mode ?? 'bridge') === 'bridge' && (deploy?.replicas ?? scale ?? 1) > 0 && provider === undefined
