/** `-t` of every command that stops containers. */
export const timeoutOption = {
  type: 'integer',
  short: 't',
  value: 'SECONDS',
  minimum: 0,
  description: 'how long a container may take to stop before it is killed',
} as const

/** In milliseconds, as the planner has it. */
export const graceOf = ({timeout}: {readonly timeout: number | undefined}): {timeout?: number} =>
  timeout === undefined ? {} : {timeout: timeout * 1000}
