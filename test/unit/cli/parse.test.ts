import {expect, test} from 'vitest'
import type {Options} from '../../../src/cli/command.ts'
import {globalOptions, globalsBeside} from '../../../src/cli/globals.ts'
import {findCommand, parse} from '../../../src/cli/parse.ts'

const options = {
  follow: {type: 'boolean', short: 'f', description: ''},
  orphans: {type: 'boolean', default: true, description: ''},
  tail: {type: 'string', short: 'n', value: 'N', description: ''},
  env: {type: 'string', short: 'e', value: 'K=V', multiple: true, description: ''},
  timeout: {type: 'integer', short: 't', value: 'N', minimum: 0, description: ''},
  format: {type: 'choice', choices: ['table', 'json'], description: ''},
} as const satisfies Options

test('options of every type are read, in every form that people write', () => {
  const {values, operands} = parse(
    ['-ft5', '--tail', '-1', 'web', '-e', 'A=1', '--env=B=x=y', '--format', 'json', 'db'],
    options,
  )
  expect(values).toEqual({follow: true, orphans: true, tail: '-1', env: ['A=1', 'B=x=y'], timeout: 5, format: 'json'})
  expect(operands).toEqual(['web', 'db'])
})

test('what is not given is undefined, false or an empty list', () => {
  expect(parse([], options).values).toEqual({
    follow: false,
    orphans: true,
    tail: undefined,
    env: [],
    timeout: undefined,
    format: undefined,
  })
})

test.each([
  [['--follow=false'], {follow: false}],
  [['--orphans=false'], {orphans: false}],
  [['-n=5'], {tail: '5'}],
  [['-t', '0'], {timeout: 0}],
  [['-t', '1', '-t', '2'], {timeout: 2}],
  [['--tail='], {tail: ''}],
])('%j', (args, expected) => {
  expect(parse(args, options).values).toMatchObject(expected)
})

test.each([
  [['--folow'], 'unknown option --folow', '--follow'],
  [['-x'], 'unknown option -x', undefined],
  [['--tail'], 'option --tail needs a value', undefined],
  [['--timeout', 'soon'], 'option --timeout is a whole number, not "soon"', undefined],
  [['-t', '-3'], 'option -t is at least 0, not -3', undefined],
  [['--format', 'xml'], 'option --format is one of table, json, not "xml"', undefined],
  [['--follow=maybe'], 'option --follow is true or false, not "maybe"', undefined],
])('%j is refused', (args, message, hint) => {
  expect(() => parse(args, options)).toThrowError(expect.objectContaining({message, hint, exitCode: 1, code: 'usage'}))
})

test('options end at the first operand where the rest is another command line', () => {
  const {values, operands} = parse(['-e', 'A=1', 'web', 'ls', '-f', '--', '--tail'], options, true)
  expect(values).toMatchObject({env: ['A=1'], follow: false, tail: undefined})
  expect(operands).toEqual(['web', 'ls', '-f', '--', '--tail'])
})

test('behind -- everything is an operand', () => {
  expect(parse(['--', '-f', '--nope'], options)).toMatchObject({operands: ['-f', '--nope'], values: {follow: false}})
  expect(parse(['--', 'web', '-f'], options, true).operands).toEqual(['web', '-f'])
})

test.each([
  [['up'], 0],
  [['-f', 'a.yaml', 'up'], 2],
  [['--file=a.yaml', '-p', 'shop', '--dry-run', 'up', '-d'], 4],
  [['--help'], undefined],
])('the command in %j', (args, at) => {
  expect(findCommand(args, globalOptions)).toBe(at)
})

test('a command may take a letter, or a whole option, of the program for itself', () => {
  const beside = globalsBeside({follow: options.follow, 'dry-run': {type: 'boolean', description: 'mine'}})
  expect(beside.file?.short).toBeUndefined()
  expect(beside['project-name']?.short).toBe('p')
  expect(beside['dry-run']).toBeUndefined()
})
