import type {Style} from '../../ui/style.ts'
import {command} from '../command.ts'
import {examine, isUnfit} from '../doctor/checks.ts'
import type {Finding} from '../doctor/finding.ts'
import {thisHost} from '../doctor/host.ts'

export const doctor = command({
  summary: 'Say what this machine lacks to run containers',
  usage: 'doctor [OPTIONS]',
  details: 'Ends with 1 if something is missing without which no container can be started.',
  options: {format: {type: 'choice', choices: ['pretty', 'json'], description: 'lines, or one JSON array'}},
  operands: {maximum: 0},
  async run({values, context}) {
    const findings = examine(thisHost(context.environment))
    const unfit = isUnfit(findings)
    if (values.format === 'json') context.print(`${JSON.stringify(findings)}\n`)
    else context.print(renderFindings(findings, context.style))
    return unfit ? 1 : 0
  },
})

export function renderFindings(findings: readonly Finding[], style: Style): string {
  const width = Math.max(...findings.map(({name}) => name.length))
  const lines = findings.flatMap(each => [
    `${markOf(each, style)}  ${each.name.padEnd(width)}  ${each.detail}`,
    ...(each.fix === undefined ? [] : [`${' '.repeat(width + 11)}try: ${each.fix}`]),
  ])
  return `${[...lines, '', verdict(findings)].join('\n')}\n`
}

function markOf({state, essential}: Finding, style: Style): string {
  if (state === 'ok') return style.good('ok     ')
  if (state === 'unknown') return style.warning('unknown')
  return essential ? style.bad('missing') : style.warning('missing')
}

function verdict(findings: readonly Finding[]): string {
  const missing = findings.filter(({state}) => state === 'missing')
  const names = missing.filter(({essential}) => essential).map(({name}) => name)
  if (names.length > 0) return `this machine cannot run containers yet: ${names.join(', ')}`
  return missing.length === 0
    ? 'this machine has all that stack needs'
    : 'this machine can run containers; what is missing is needed only by some of them'
}
