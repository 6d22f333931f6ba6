import {parseDuration} from '../../base/duration.ts'
import type {Healthcheck} from '../../model/project.ts'
import type {CanonicalHealthcheck} from '../canonical-form.ts'
import {defined} from './defined.ts'

export function healthcheckOf(check: CanonicalHealthcheck | null | undefined): Healthcheck | undefined {
  if (check == null) return undefined
  if (check.disable === true || check.test?.[0] === 'NONE') return {disable: true}
  const time = (text: string | undefined) => (text === undefined ? undefined : parseDuration(text))
  return {
    disable: false,
    ...defined({
      test: check.test,
      interval: time(check.interval),
      timeout: time(check.timeout),
      retries: check.retries,
      startPeriod: time(check.start_period),
      startInterval: time(check.start_interval),
    }),
  }
}
