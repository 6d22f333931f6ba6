import {closeSync, openSync, writeSync} from 'node:fs'
import {join} from 'node:path'
import {errnoOf, StackError} from '../../../base/error.ts'
import type {CgroupDirectories} from './layout.ts'
import type {CgroupWrite} from './limits.ts'
import {realtimeHint} from './realtime.ts'

/** Does one write; what this kernel has no file for is a warning where the write says so. Errors: start-failed. */
export function apply(directories: CgroupDirectories, each: CgroupWrite, warn: (text: string) => void): void {
  const {controller, file, optional, lacking} = each
  const directory = directories.ofController(controller)
  if (directory === undefined) {
    if (!optional && controller !== 'devices') {
      warn(`${file} cannot be set: the "${controller}" controller is not mounted`)
    }
    return
  }
  const failed = failureOf(directory, each)
  if (failed === undefined || optional) return
  const isMissing = isMissingFile(failed)
  if (isMissing && controller === 'devices') return
  // A disk whose scheduler knows no weights answers with ENOTSUP.
  if ((isMissing || errnoOf(failed) === 'ENOTSUP') && lacking !== undefined) warn(lacking)
  else throw refusal(each, failed, isMissing)
}

function failureOf(directory: string, {file, value, further = [], instead}: CgroupWrite): unknown {
  try {
    const out = openSync(join(directory, file), 'w')
    try {
      for (const each of [value, ...further]) writeSync(out, each)
    } finally {
      closeSync(out)
    }
    return undefined
  } catch (error) {
    if (!isMissingFile(error) || instead === undefined) return error
    return failureOf(directory, {...instead, controller: 'blkio', optional: false})
  }
}

/** Nothing can be made in these trees but directories. */
const isMissingFile = (error: unknown): boolean => ['ENOENT', 'EACCES'].includes(errnoOf(error) ?? '')

function refusal({controller, file, value}: CgroupWrite, cause: unknown, isMissing: boolean): StackError {
  const missing = `the "${controller}" controller is not available to us: it must be in cgroup.subtree_control of the tree's root`
  const wrong = 'look at the limits under deploy.resources, mem_limit, cpus, cpuset, pids_limit and blkio_config'
  const hint = realtimeHint(file) ?? (isMissing ? missing : wrong)
  return new StackError('start-failed', `cannot set ${file} to "${value}"`, {cause, hint})
}
