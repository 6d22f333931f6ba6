import type {Span} from '../base/diagnostic.ts'
import {architecture} from '../runtime/image/measure.ts'
import {failureAt} from './failure.ts'

/** What every build may ask for by ARG, and FROM without it. */
export const platformArgs: Readonly<Record<string, string>> = Object.fromEntries(
  ['BUILD', 'TARGET'].flatMap(side => [
    [`${side}PLATFORM`, `linux/${architecture}`],
    [`${side}OS`, 'linux'],
    [`${side}ARCH`, architecture],
    [`${side}VARIANT`, ''],
  ]),
)

const names: Readonly<Record<string, string>> = {x86_64: 'amd64', aarch64: 'arm64'}

export function checkPlatform(text: string, at: Span): void {
  const [os = '', asked = ''] = text.split('/')
  if (os === 'linux' && (asked === '' || (names[asked] ?? asked) === architecture)) return
  throw failureAt(at, `this machine builds for linux/${architecture}, not for ${text}`, {
    hint: 'leave the platform out',
  })
}
