import {execFileSync} from 'node:child_process'
import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {request} from 'node:http'
import {json} from 'node:stream/consumers'
import type {Workplace} from './stack.ts'

export type Row = {
  readonly Name: string
  readonly Service: string
  readonly State: string
  readonly Health: string
  readonly ExitCode: number
  readonly ID: string
}

/** `stack ps -a` as data. */
export async function rows(place: Workplace, ...words: string[]): Promise<Row[]> {
  const {stdout} = await place.stack('ps', '-a', '--no-trunc', '--format', 'json', ...words)
  return stdout
    .trim()
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as Row)
}

/** `web-1 running` for each container, sorted. */
export const states = async (place: Workplace): Promise<string[]> =>
  (await rows(place)).map(each => `${each.Name.slice(each.Name.lastIndexOf(each.Service))} ${each.State}`).sort()

/** Links of this host but `lo`, asked of `ip`, not of us. */
export const links = (): string[] =>
  (JSON.parse(execFileSync('ip', ['-j', 'link'], {encoding: 'utf8'})) as Array<{ifname: string}>)
    .map(each => each.ifname)
    .filter(name => name !== 'lo')

/** Process ids whose command line contains all of these words. */
export function processes(...words: string[]): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter(pid => {
      const path = `/proc/${pid}/cmdline`
      if (!existsSync(path)) return false
      try {
        const line = readFileSync(path, 'utf8').split('\0').join(' ')
        return words.every(word => line.includes(word))
      } catch {
        return false
      }
    })
    .map(Number)
}

export const daemonPid = (): number | undefined => processes('bin/stack daemon')[0]

/** What the daemon's Engine API answers to GET, asked past the command line. */
export function askEngine<T>(path: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const asked = request({socketPath: '/run/stack/stack.sock', path}, answer => resolve(json(answer) as Promise<T>))
    asked.once('error', reject).end()
  })
}
