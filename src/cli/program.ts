import type {StackError} from '../base/error.ts'
import {suggest} from '../base/suggest.ts'
import {createStyle, wantsColour} from '../ui/style.ts'
import {version} from '../version.ts'
import type {Command} from './command.ts'
import {commands, type Group, listed} from './commands.ts'
import {createContext, type Io} from './context.ts'
import {exitCodeOf, renderFailure} from './failure.ts'
import {ansiModes, type Globals, globalOptions, globalsBeside} from './globals.ts'
import {renderCommand, renderGroup, renderOverview, versionOption} from './help.ts'
import {interruptedCode} from './interrupts.ts'
import {findCommand, parse, usage} from './parse.ts'

const programOptions = {...globalOptions, version: versionOption}

/** The whole program: arguments in, exit code out. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  try {
    const code = await dispatch(argv, io)
    return io.interrupts.count > 0 ? interruptedCode : code
  } catch (error) {
    if (io.interrupts.count > 0) return interruptedCode
    io.stderr.write(renderFailure(error, failureStyle(argv, io)))
    return exitCodeOf(error)
  }
}

async function dispatch(argv: readonly string[], io: Io): Promise<number> {
  const at = findCommand(argv, programOptions)
  const before = parse(argv.slice(0, at), programOptions).values
  if (before.version === true) return say(io, `stack version ${version}\n`)
  const name = at === undefined ? undefined : argv[at]
  if (at === undefined || name === undefined) return overview(io, before.help === true)
  const row = commands[name]
  if (row === undefined) throw unknownCommand(name)
  const given = {before, args: argv.slice(at + 1)}
  if ('commands' in row) return dispatchGroup({name, group: row}, given, io)
  return runCommand({name, command: await row.load()}, given, io)
}

/** The second word of a command, options of the program before it as before the first. */
async function dispatchGroup(
  {name, group}: {name: string; group: Group},
  {before, args}: Arguments,
  io: Io,
): Promise<number> {
  const at = findCommand(args, programOptions)
  const between = parse(args.slice(0, at), globalOptions).values
  const globals = join(before, between, Object.keys(globalOptions))
  const word = at === undefined ? undefined : args[at]
  if (at === undefined || word === undefined) return await groupHelp({name, group}, globals.help, io)
  const row = group.commands[word]
  if (row === undefined) throw unknownCommand(`${name} ${word}`)
  const command = await row.load()
  return runCommand({name: `${name} ${word}`, command}, {before: {...globals}, args: args.slice(at + 1)}, io)
}

async function groupHelp({name, group}: {name: string; group: Group}, asked: boolean, io: Io): Promise<number> {
  const members = (await listed()).filter(each => each.group?.name === name)
  const text = renderGroup(name, {summary: group.summary, commands: members})
  if (asked) return say(io, text)
  io.stderr.write(text)
  return 1
}

type Arguments = {readonly before: Readonly<Record<string, unknown>>; readonly args: readonly string[]}

async function runCommand(
  {name, command}: {name: string; command: Command},
  {before, args}: Arguments,
  io: Io,
): Promise<number> {
  const beside = globalsBeside(command.options)
  const {values, operands} = parse(args, {...beside, ...command.options}, command.operandsEndOptions)
  const globals = join(before, values, Object.keys(beside))
  if (globals.help) return say(io, renderCommand({command}))
  checkOperands(name, command, operands)
  const context = createContext(globals, io)
  try {
    return (await command.run({values, operands, context})) ?? 0
  } finally {
    await context.close()
  }
}

/** Options of the program given before the command's name and after it, as one. */
function join(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Globals {
  const joined: Record<string, unknown> = {...before}
  for (const name of names) {
    const [first, second] = [before[name], after[name]]
    joined[name] = Array.isArray(first)
      ? [...first, ...(second as unknown[])]
      : second === undefined || second === false
        ? first
        : second
  }
  return joined as Globals
}

function checkOperands(name: string, {operands, usage: form}: Command, given: readonly string[]): void {
  const {minimum = 0, maximum = Number.POSITIVE_INFINITY} = operands ?? {}
  if (given.length < minimum) throw usage(`"stack ${name}" needs more arguments`, `stack ${form}`)
  if (given.length > maximum) throw usage(`"stack ${name}" does not take "${given[maximum]}"`, `stack ${form}`)
}

async function overview(io: Io, asked: boolean): Promise<number> {
  const text = renderOverview(await listed())
  if (asked) return say(io, text)
  io.stderr.write(text)
  return 1
}

export function unknownCommand(name: string): StackError {
  const known = Object.entries(commands).flatMap(([each, row]) =>
    'commands' in row
      ? [each, ...Object.keys(row.commands).map(word => `${each} ${word}`)]
      : row.hidden === true
        ? []
        : [each],
  )
  const near = suggest(name, known)
  return usage(`unknown command "${name}"`, near === undefined ? 'stack help' : `stack ${near}`)
}

function say(io: Io, text: string): number {
  io.stdout.write(text)
  return 0
}

/** The arguments may be what is wrong, so their options are looked for, not parsed. */
function failureStyle(argv: readonly string[], {stderr, environment}: Io) {
  const progress = wordAfter(argv, '--progress') ?? environment.COMPOSE_PROGRESS
  const ansi = wordAfter(argv, '--ansi') ?? environment.COMPOSE_ANSI
  const known = ansiModes.find(each => each === ansi) ?? 'auto'
  return {json: progress === 'json', style: createStyle(wantsColour({ansi: known, environment}, stderr.isTTY === true))}
}

function wordAfter(argv: readonly string[], option: string): string | undefined {
  const at = argv.findIndex(each => each === option || each.startsWith(`${option}=`))
  return argv[at]?.includes('=') ? argv[at].slice(option.length + 1) : argv[at + 1 || argv.length]
}
