/** What becomes of a command where there is no kernel: it runs on, or writes something and ends. */
export type Outcome = {readonly exitCode?: number; readonly output?: string}
export type Program = (command: readonly string[]) => Outcome

export type MemoryOptions = {
  readonly now?: () => number
  readonly program?: Program
  /** Images that nobody has. */
  readonly unknownImages?: readonly string[]
}

/** Knows true, false, echo, sleep, cat, and `sh -c "exit N"`; anything else is a program that is not there. */
export function tinyProgram(command: readonly string[]): Outcome {
  const [name = 'sleep', ...words] = command
  switch (name.replace(/^.*\//, '')) {
    case 'true':
      return {exitCode: 0}
    case 'false':
      return {exitCode: 1}
    case 'echo':
      return {exitCode: 0, output: `${words.join(' ')}\n`}
    case 'sh':
      return {exitCode: Number(/exit (\d+)/.exec(words.at(-1) ?? '')?.[1] ?? 0)}
    case 'sleep':
    case 'cat':
      return {}
    default:
      return {exitCode: 127}
  }
}
