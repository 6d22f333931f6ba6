import type {Command} from './command.ts'

type Row = {
  readonly load: () => Promise<Command>
  /** Left out of help, reference and completion. */
  readonly hidden?: boolean
}

/** The only list of commands: help, docs/cli.md and completion are rendered from it. Each is loaded when it is used. */
export const commands: Readonly<Record<string, Row>> = {
  up: {load: async () => (await import('./commands/up.ts')).up},
  dev: {load: async () => (await import('./commands/dev.ts')).dev},
  watch: {load: async () => (await import('./commands/watch.ts')).watch},
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

/** Every command that people are shown, in the order of the list. */
export function listed(): Promise<Array<{readonly name: string; readonly command: Command}>> {
  const shown = Object.entries(commands).filter(([, row]) => row.hidden !== true)
  return Promise.all(shown.map(async ([name, {load}]) => ({name, command: await load()})))
}
