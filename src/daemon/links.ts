import {StackError} from '../base/error.ts'
import type {EndpointConfig} from '../model/container.ts'
import type {Runtime} from '../runtime/runtime.ts'
import {findContainer} from './find.ts'

const dependsOn = 'com.docker.compose.depends_on'

/** `NAME:ALIAS`: a service that the container waits for may have no container yet; any other name must have one. */
export function checkLinks(
  runtime: Runtime,
  endpoints: readonly EndpointConfig[],
  labels: Readonly<Record<string, string>>,
): void {
  const services = (labels[dependsOn] ?? '').split(',').map(each => each.split(':')[0])
  for (const text of new Set(endpoints.flatMap(each => each.links ?? []))) {
    const [name = '', alias = name] = text.replace(/^\//, '').split(':')
    if (name === '' || alias === '') throw new StackError('bad-request', `link "${text}" is not NAME:ALIAS`)
    if (!services.includes(name)) findContainer(runtime, name)
  }
}
