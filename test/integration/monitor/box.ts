import {execFileSync} from 'node:child_process'
import {copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync} from 'node:fs'
import {join} from 'node:path'
import {askStatus, exec} from '../../../src/runtime/monitor/control.ts'
import type {MonitorStep} from '../../../src/runtime/monitor/program.ts'
import {startMonitor} from '../../../src/runtime/monitor/start.ts'
import {type Watch, watch} from '../../../src/runtime/monitor/watch.ts'
import type {ProcessStream} from '../../../src/runtime/runtime.ts'

type Changes = {
  /** Instead of those of the same name, or in addition. */
  readonly monitor?: readonly MonitorStep[]
  /** After the root's mounts, before `root`. */
  readonly inside?: readonly MonitorStep[]
  /** After `root`, before `exec`. */
  readonly process?: readonly MonitorStep[]
}

/** Another build of the monitor, such as one with sanitizers. */
const files = process.env.STACK_TEST_MONITOR ? {file: process.env.STACK_TEST_MONITOR} : {}

/** A directory with a busybox root, and monitors that run programs in it. */
export class Box {
  readonly directory: string
  #watches: Watch[] = []

  constructor() {
    mkdirSync('/run/stack', {recursive: true})
    this.directory = mkdtempSync('/run/stack/m-')
    for (const name of ['upper', 'work', 'root/bin', 'root/etc']) mkdirSync(this.path(name), {recursive: true})
    copyFileSync('/bin/busybox', this.path('root/bin/busybox'))
    for (const name of execFileSync('/bin/busybox', ['--list'], {encoding: 'utf8'}).split('\n').filter(Boolean)) {
      if (name !== 'busybox') symlinkSync('busybox', this.path(`root/bin/${name}`))
    }
  }

  path(name: string): string {
    return join(this.directory, name)
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8')
  }

  get control(): string {
    return this.path('control')
  }

  steps(command: readonly string[], {monitor = [], inside = [], process = []}: Changes = {}): MonitorStep[] {
    const own: MonitorStep[] = [
      ['log', this.path('log'), '1000000', '3'],
      ['pid', this.path('pid')],
      ['exit', this.path('exit')],
      ['control', this.control],
      ['namespaces', 'pid', 'mount', 'ipc', 'uts', 'cgroup', 'net'],
    ]
    return [
      ...own.filter(([name]) => !monitor.some(each => each[0] === name)),
      ...monitor,
      ['propagation', 'private'],
      ['overlay', '/', this.path('upper'), this.path('work'), this.path('root')],
      ['mount', 'proc', '/proc', 'proc', 'nosuid,noexec,nodev', ''],
      ['mount', 'tmpfs', '/dev', 'tmpfs', 'nosuid', 'mode=755'],
      ['mount', 'devpts', '/dev/pts', 'devpts', 'nosuid,noexec', 'newinstance,ptmxmode=0666,mode=0620,gid=5'],
      ['device', '/dev/null', 'c', '1', '3', '0666', '0', '0'],
      ['symlink', 'pts/ptmx', '/dev/ptmx'],
      ...inside,
      ['root'],
      ['env', 'PATH=/bin'],
      ...process,
      ['exec', ...command],
    ]
  }

  /** Starts it and watches it, so that its monitor leaves when it has ended. */
  start(command: readonly string[], changes: Changes = {}): Promise<number> {
    return this.run(this.steps(command, changes))
  }

  async run(steps: readonly MonitorStep[]): Promise<number> {
    const {pid} = await startMonitor(steps, files)
    this.#watches.push(await watch(this.control))
    return pid
  }

  async sh(script: string, changes: Changes = {}): Promise<number> {
    return this.start(['sh', '-c', script], changes)
  }

  /** Nobody watches any more. */
  leave(): void {
    for (const each of this.#watches.splice(0)) each.leave()
  }

  /** How the last one ended. */
  async ended() {
    const last = this.#watches.at(-1)
    return await within('the program ends', last?.ended ?? Promise.resolve(undefined))
  }

  /** What it prints, once it has ended. */
  async output(script: string, changes: Changes = {}): Promise<string> {
    await this.sh(script, changes)
    await this.ended()
    return this.log()
  }

  /** Those that are whole: the monitor may be writing the last one. */
  entries(file = 'log'): Array<{log: string; stream: string; time: string}> {
    if (!existsSync(this.path(file))) return []
    return this.read(file)
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line))
  }

  log(): string {
    return this.entries()
      .map(each => each.log)
      .join('')
  }

  prints(wanted: string): Promise<void> {
    return eventually(() => this.log().includes(wanted), `it prints ${wanted}`)
  }

  exec(command: readonly string[], more: readonly MonitorStep[] = []): Promise<ProcessStream> {
    return exec(this.control, [...more, ['env', 'PATH=/bin'], ['exec', ...command]])
  }

  /** Kills what runs, waits until its monitor has left, removes everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.leave()
    if (existsSync(this.control)) {
      const state = await askStatus(this.control).catch(() => undefined)
      // Either may be about to leave.
      if (state?.kind === 'alive') killIfThere(state.pid)
      await watch(this.control).then(
        each => each.ended,
        () => undefined,
      )
      await eventually(() => !existsSync(this.control), 'the monitor leaves')
    }
    rmSync(this.directory, {recursive: true, force: true})
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Docker's framing taken apart. */
export async function readAll(stream: ProcessStream): Promise<{stdout: string; stderr: string; raw: string}> {
  const chunks: Buffer[] = []
  for await (const chunk of stream.io) chunks.push(chunk as Buffer)
  const bytes = Buffer.concat(chunks)
  const parts = {stdout: '', stderr: ''}
  for (let at = 0; at + 8 <= bytes.length && (bytes[at] ?? 0) <= 2; ) {
    const length = bytes.readUInt32BE(at + 4)
    parts[bytes[at] === 2 ? 'stderr' : 'stdout'] += bytes.toString('utf8', at + 8, at + 8 + length)
    at += 8 + length
  }
  return {...parts, raw: bytes.toString()}
}

export async function eventually(
  check: () => boolean | Promise<boolean>,
  what: string,
  patience = 8000,
): Promise<void> {
  const deadline = Date.now() + patience
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

export function within<T>(what: string, promise: Promise<T>, patience = 10_000): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`never: ${what}`)), patience)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** Of a process, as the kernel has it. */
export const statusOf = (pid: number, field: string): string =>
  new RegExp(`^${field}:\\s+(.*)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? ''

/** The parent of the container's program. */
export const monitorOf = (pid: number): number => Number(statusOf(pid, 'PPid'))

export const openFiles = (pid: number): string[] => readdirSync(`/proc/${pid}/fd`)
