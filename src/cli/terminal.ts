import type {Streams} from '../engine/engine.ts'
import type {Io} from './context.ts'

export type Terminal = {readonly streams: Streams; restore(): void}

/** Our own ends for a program in a container; with `tty` the terminal is passed through as it is, keys and all. */
export function terminalStreams(
  {stdin, stdout, stderr}: Io,
  {tty, stdin: wanted}: {tty: boolean; stdin: boolean},
): Terminal {
  const raw = tty && stdin.isTTY === true
  if (raw) stdin.setRawMode(true)
  const streams: Streams = {
    stdout,
    stderr,
    ...(wanted ? {stdin} : {}),
    ...(tty ? {size: () => ({rows: stdout.rows ?? 24, columns: stdout.columns ?? 80}), resized: onResize(stdout)} : {}),
  }
  return {
    streams,
    restore() {
      if (raw) stdin.setRawMode(false)
      if (wanted) stdin.pause()
    },
  }
}

const onResize = (stdout: NodeJS.WriteStream) => (listener: () => void) => {
  stdout.on('resize', listener)
  return () => void stdout.off('resize', listener)
}
