import {parseArgs} from 'node:util'
import {StackError} from '../base/error.ts'
import {suggest} from '../base/suggest.ts'
import type {Option, Options} from './command.ts'

export type Parsed = {
  readonly values: Readonly<Record<string, unknown>>
  readonly operands: readonly string[]
}

type Token = NonNullable<ReturnType<typeof tokenise>>[number]
type OptionToken = Extract<Token, {kind: 'option'}>

/** Reads options and operands; with `operandsEndOptions` the first operand and all after it are left as they are. */
export function parse(args: readonly string[], options: Options, operandsEndOptions = false): Parsed {
  const tokens = tokenise(args, options)
  const end = operandsEndOptions ? firstOperand(tokens) : undefined
  const own = end === undefined ? tokens : tokens.filter(token => token.index < end)
  const operands = end === undefined ? operandsOf(tokens) : args.slice(end)
  return {values: valuesOf(own, options), operands}
}

/** Where the command's name stands among the arguments, options of the program before it skipped. */
export function findCommand(args: readonly string[], globals: Options): number | undefined {
  return firstOperand(tokenise(args, globals))
}

function tokenise(args: readonly string[], options: Options) {
  const config: Record<string, {type: 'boolean' | 'string'; short?: string; multiple: true}> = {}
  for (const [name, option] of Object.entries(options)) {
    config[name] = {type: option.type === 'boolean' ? 'boolean' : 'string', multiple: true}
    if (option.short !== undefined) config[name].short = option.short
  }
  return parseArgs({args: [...args], options: config, strict: false, allowPositionals: true, tokens: true}).tokens
}

function firstOperand(tokens: readonly Token[]): number | undefined {
  const terminator = tokens.find(token => token.kind === 'option-terminator')
  const operand = tokens.find(token => token.kind === 'positional')
  if (terminator !== undefined && (operand === undefined || terminator.index < operand.index)) return operand?.index
  return operand?.index
}

const operandsOf = (tokens: readonly Token[]): string[] =>
  tokens.flatMap(token => (token.kind === 'positional' ? [token.value] : []))

function valuesOf(tokens: readonly Token[], options: Options): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const [name, option] of Object.entries(options)) values[name] = unset(option)
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const option = options[token.name]
    if (option === undefined) throw unknownOption(token, options)
    const value = read(option, token)
    values[token.name] = Array.isArray(values[token.name]) ? [...(values[token.name] as unknown[]), value] : value
  }
  return values
}

function unset(option: Option): unknown {
  if (option.type === 'boolean') return option.default ?? false
  return option.type === 'string' && option.multiple === true ? [] : undefined
}

function read(option: Option, token: OptionToken): unknown {
  if (option.type === 'boolean') return readBoolean(token)
  if (token.value === undefined) throw usage(`option ${token.rawName} needs a value`)
  // `-n=5` is what people write who come from other programs.
  const text = token.rawName.startsWith('--') ? token.value : token.value.replace(/^=/, '')
  if (option.type === 'string') return text
  return option.type === 'choice' ? readChoice(text, option.choices, token) : readInteger(text, option.minimum, token)
}

function readBoolean(token: OptionToken): boolean {
  if (token.value === undefined || token.value === 'true' || token.value === '1') return true
  if (token.value === 'false' || token.value === '0') return false
  throw usage(`option ${token.rawName} is true or false, not "${token.value}"`)
}

function readChoice(text: string, choices: readonly string[], token: OptionToken): string {
  if (choices.includes(text)) return text
  throw usage(`option ${token.rawName} is one of ${choices.join(', ')}, not "${text}"`)
}

function readInteger(text: string, minimum: number | undefined, token: OptionToken): number {
  if (!/^[+-]?\d+$/.test(text)) throw usage(`option ${token.rawName} is a whole number, not "${text}"`)
  const value = Number(text)
  if (minimum !== undefined && value < minimum)
    throw usage(`option ${token.rawName} is at least ${minimum}, not ${value}`)
  return value
}

function unknownOption(token: OptionToken, options: Options): StackError {
  const known = Object.keys(options).filter(name => options[name]?.hidden !== true)
  const near = token.rawName.startsWith('--') ? suggest(token.name, known) : undefined
  return usage(`unknown option ${token.rawName}`, near === undefined ? undefined : `--${near}`)
}

/** The command line itself is wrong. */
export const usage = (message: string, hint?: string): StackError =>
  new StackError('usage', message, hint === undefined ? {exitCode: 1} : {exitCode: 1, hint})
