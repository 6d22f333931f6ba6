import type {Command} from './command.ts'
import {imageCommands} from './commands/image.ts'
import {systemCommands} from './commands/system.ts'

export type Row = {
  readonly load: () => Promise<Command>
  /** Left out of help, reference and completion. */
  readonly hidden?: boolean
}

/** Commands of two words: `image ls`. */
export type Group = {
  readonly summary: string
  readonly commands: Readonly<Record<string, Row>>
  readonly hidden?: never
}

/** The only list of commands: help, docs/cli.md and completion are rendered from it. Each is loaded when it is used. */
export const commands: Readonly<Record<string, Row | Group>> = {
  up: {load: async () => (await import('./commands/up.ts')).up},
  dev: {load: async () => (await import('./commands/dev.ts')).dev},
  watch: {load: async () => (await import('./commands/watch.ts')).watch},
  ui: {load: async () => (await import('./commands/ui.ts')).ui},
  down: {load: async () => (await import('./commands/down.ts')).down},
  plan: {load: async () => (await import('./commands/plan.ts')).plan},
  ps: {load: async () => (await import('./commands/ps.ts')).ps},
  logs: {load: async () => (await import('./commands/logs.ts')).logs},
  exec: {load: async () => (await import('./commands/exec.ts')).exec},
  start: {load: async () => (await import('./commands/start.ts')).start},
  stop: {load: async () => (await import('./commands/stop.ts')).stop},
  restart: {load: async () => (await import('./commands/restart.ts')).restart},
  kill: {load: async () => (await import('./commands/kill.ts')).kill},
  pause: {load: async () => (await import('./commands/pause.ts')).pause},
  unpause: {load: async () => (await import('./commands/unpause.ts')).unpause},
  rm: {load: async () => (await import('./commands/rm.ts')).rm},
  scale: {load: async () => (await import('./commands/scale.ts')).scale},
  build: {load: async () => (await import('./commands/build.ts')).build},
  pull: {load: async () => (await import('./commands/pull.ts')).pull},
  push: {load: async () => (await import('./commands/push.ts')).push},
  wait: {load: async () => (await import('./commands/wait.ts')).wait},
  top: {load: async () => (await import('./commands/top.ts')).top},
  port: {load: async () => (await import('./commands/port.ts')).port},
  events: {load: async () => (await import('./commands/events.ts')).events},
  images: {load: async () => (await import('./commands/images.ts')).images},
  load: {load: async () => (await import('./commands/load.ts')).load},
  save: {load: async () => (await import('./commands/save.ts')).save},
  image: imageCommands,
  system: systemCommands,
  ls: {load: async () => (await import('./commands/ls.ts')).ls},
  config: {load: async () => (await import('./commands/config.ts')).config},
  env: {load: async () => (await import('./commands/env.ts')).env},
  schema: {load: async () => (await import('./commands/schema.ts')).schema},
  doctor: {load: async () => (await import('./commands/doctor.ts')).doctor},
  version: {load: async () => (await import('./commands/version.ts')).version},
  completion: {load: async () => (await import('./commands/completion.ts')).completion},
  help: {load: async () => (await import('./commands/help.ts')).help},
  daemon: {hidden: true, load: async () => (await import('./commands/daemon.ts')).daemon},
}

/** A command as people are shown it; its name has two words within a group. */
export type Listed = {
  readonly name: string
  readonly command: Command
  readonly group?: {readonly name: string; readonly summary: string}
}

/** Every command that people are shown, in the order of the list. */
export async function listed(): Promise<Listed[]> {
  const all = await Promise.all(Object.entries(commands).map(([name, row]) => listedIn(name, row)))
  return all.flat()
}

async function listedIn(name: string, row: Row | Group): Promise<Listed[]> {
  if (row.hidden === true) return []
  if ('load' in row) return [{name, command: await row.load()}]
  const {summary} = row
  const members = Object.entries(row.commands).map(async ([word, {load}]) => ({
    name: `${name} ${word}`,
    command: await load(),
    group: {name, summary},
  }))
  return await Promise.all(members)
}
