import {type Diagnostic, hasErrors, type SourceFile} from '../../base/diagnostic.ts'
import {suggest} from '../../base/suggest.ts'
import type {Dockerfile, From, Instruction, Stage} from './instruction.ts'
import {parsers} from './instructions.ts'
import {type Line, spanOf, wholeSpan} from './line.ts'
import {splitLines} from './lines.ts'
import {readerOf} from './reader.ts'

export type Parsed = {readonly dockerfile?: Dockerfile; readonly problems: readonly Diagnostic[]}

/** Reads a Dockerfile as far as that goes without values; all that is wrong is told at once. */
export function parseDockerfile(file: SourceFile): Parsed {
  const {lines, escapeBy, problems: first} = splitLines(file)
  const problems = [...first]
  const instructions = lines.flatMap(line => instructionOf(line, escapeBy, problems) ?? [])
  const args: Array<Extract<Instruction, {kind: 'arg'}>> = []
  const stages: Array<Stage & {instructions: Instruction[]}> = []
  for (const each of instructions) {
    const stage = stages.at(-1)
    if (each.kind === 'from') stages.push(stageOf(each, stages.length))
    else if (stage !== undefined) stage.instructions.push(each)
    else if (each.kind === 'arg') args.push(each)
    else problems.push(beforeFrom(each))
  }
  if (instructions.length === 0 && !hasErrors(problems)) problems.push(nothingIn(file))
  else if (stages.length === 0 && !hasErrors(problems)) problems.push({...nothingIn(file), message: 'there is no FROM'})
  problems.push(...doubled(stages))
  return hasErrors(problems) ? {problems} : {problems, dockerfile: {escapeBy, args, stages}}
}

/** An instruction alone, as ONBUILD keeps it. */
export function parseInstruction(file: SourceFile): {instruction?: Instruction; problems: readonly Diagnostic[]} {
  const {lines, escapeBy, problems: first} = splitLines(file)
  const problems = [...first]
  const [instruction] = lines.flatMap(line => instructionOf(line, escapeBy, problems) ?? [])
  return instruction === undefined || hasErrors(problems) ? {problems} : {instruction, problems}
}

const stageOf = (from: From, index: number) => ({index, name: from.name, from, instructions: []})

function instructionOf(line: Line, escapeBy: string, problems: Diagnostic[]): Instruction | undefined {
  const reader = readerOf(line, escapeBy, problems)
  const parser = parsers[reader.keyword.toLowerCase()]
  const keyword = spanOf(line, 0, reader.keyword.length)
  if (parser === undefined) {
    const near = suggest(reader.keyword, Object.keys(parsers))?.toUpperCase()
    const message = `unknown instruction "${reader.keyword}"`
    const hint = near === undefined ? {} : {hint: `did you mean ${near}?`}
    problems.push({severity: 'error', code: 'unknown-instruction', message, at: keyword, ...hint})
    return undefined
  }
  if (reader.start >= line.text.length) {
    const message = `${reader.keyword} needs something after it`
    problems.push({severity: 'error', code: 'bad-instruction', message, at: keyword})
    return undefined
  }
  const body = parser(reader)
  return body && {...body, line, at: wholeSpan(line), text: shown(line)}
}

const shown = (line: Line): string => line.text.replace(/\s+/g, ' ')

function beforeFrom({at, text}: Instruction): Diagnostic {
  const message = `${text.split(' ')[0]} stands before the first FROM`
  return {severity: 'error', code: 'bad-instruction', message, at, hint: 'only ARG can'}
}

const nothingIn = (file: SourceFile): Diagnostic => ({
  severity: 'error',
  code: 'bad-instruction',
  message: 'there is no instruction',
  at: {file, start: 0, end: 1},
  hint: 'begin with FROM IMAGE',
})

function doubled(stages: readonly Stage[]): Diagnostic[] {
  return stages.flatMap(({name, from}, index) =>
    name !== undefined && stages.findIndex(each => each.name === name) !== index
      ? [{severity: 'error' as const, code: 'bad-instruction', message: `two stages are called "${name}"`, at: from.at}]
      : [],
  )
}
