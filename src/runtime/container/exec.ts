import {StackError} from '../../base/error.ts'
import type {ContainerRecord} from '../../model/container.ts'
import {exec} from '../monitor/control.ts'
import type {MonitorStep} from '../monitor/program.ts'
import type {ExecSpec, ProcessStream} from '../runtime.ts'
import {apparmorProfile} from './apparmor.ts'
import {capabilitiesHere, cgroupFacts, seccompOf, userOf} from './facts.ts'
import {imageOf} from './image-of.ts'
import type {Parts} from './parts.ts'
import {processSteps} from './steps.ts'

/** Runs another program in a running container, with the container's own rights unless it asks for all. */
export async function execStream(parts: Parts, record: ContainerRecord, spec: ExecSpec): Promise<ProcessStream> {
  if (spec.command.length === 0) throw new StackError('bad-request', 'no command to run')
  return exec(parts.paths.container(record.id).control, await execSteps(parts, record, spec))
}

async function execSteps(parts: Parts, record: ContainerRecord, spec: ExecSpec): Promise<MonitorStep[]> {
  const cgroup = cgroupFacts(parts.cgroups.directoriesOf(record))
  const {host} = record
  const privileged = spec.privileged || host.privileged
  const capabilities = capabilitiesHere({...host, privileged})
  const user = userOf(parts.paths, record, imageOf(parts.images, record), spec.user || record.config.user)
  const filter = {capabilities, cgroupVersion: cgroup.version}
  const seccomp = await seccompOf(parts.seccomp, {...record, host: {...host, privileged}}, filter)
  const {rows, columns} = spec.size ?? {rows: 24, columns: 80}
  return [
    ...(spec.tty ? [['tty', String(rows), String(columns)] as const] : []),
    ...(spec.stdin ? [['stdin', 'open'] as const] : []),
    ...cgroup.directories.map((directory): MonitorStep => ['cgroup', directory]),
    ...processSteps(
      {...record, host, config: {...record.config, tty: spec.tty}},
      {user, capabilities, seccomp, apparmor: apparmorProfile(host)},
      {command: spec.command, env: spec.env, workingDir: spec.workingDir, isExec: true},
    ),
  ]
}
