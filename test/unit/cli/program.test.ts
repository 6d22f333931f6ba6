import {expect, test} from 'vitest'
import {StackError, within} from '../../../src/base/error.ts'
import {container, engineWith, stack, withContainers} from './support.ts'

test('without arguments the overview is shown, and that is an error', async () => {
  const {code, stdout, stderr} = await stack([])
  expect(code).toBe(1)
  expect(stdout).toBe('')
  expect(stderr).toContain('Usage: stack')
})

test.each([
  [['--help'], 'Usage: stack [OPTIONS] COMMAND'],
  [['-h'], 'Usage: stack [OPTIONS] COMMAND'],
  [['help'], 'Usage: stack [OPTIONS] COMMAND'],
  [['help', 'logs'], 'Usage: stack logs'],
  [['logs', '--help'], 'Usage: stack logs'],
  [['--help', 'logs'], 'Usage: stack logs'],
  [['--version'], 'stack version 0.'],
  [['-v'], 'stack version 0.'],
  [['version'], 'stack version 0.'],
  [['version', '--format', 'json'], '{"version":"0.'],
  [['completion', 'bash'], 'complete -o bashdefault'],
])('%j', async (args, expected) => {
  const {code, stdout} = await stack(args)
  expect(code).toBe(0)
  expect(stdout).toContain(expected)
})

test.each([
  [['lgos'], 'stack: unknown command "lgos"\n  try: stack logs\n'],
  [['help', 'lgos'], 'stack: unknown command "lgos"\n  try: stack logs\n'],
  [['--profil', 'x', 'ps'], 'stack: unknown option --profil\n  try: --profile\n'],
  [['ps', '--al'], 'stack: unknown option --al\n  try: --all\n'],
  [['port', 'web'], 'stack: "stack port" needs more arguments\n  try: stack port [OPTIONS] SERVICE PORT[/PROTOCOL]\n'],
  [['ls', 'web'], 'stack: "stack ls" does not take "web"\n  try: stack ls [OPTIONS]\n'],
  [['--progress', 'loud', 'ps'], 'stack: option --progress is one of auto, tty, plain, json, quiet, not "loud"\n'],
  [['completion', 'tcsh'], 'stack: no completion for shell "tcsh"\n  try: one of bash, zsh, fish\n'],
])('%j is refused with 1', async (args, expected) => {
  expect(await stack(args)).toEqual({code: 1, stdout: '', stderr: expected})
})

test('an error is one line with its causes and what to try', async () => {
  const engine = engineWith({
    observe: async () => {
      throw new StackError('engine-unreachable', 'cannot reach the daemon', {
        cause: new Error('connect ENOENT /run/stack/stack.sock'),
        hint: 'stack doctor',
      })
    },
  })
  expect(await stack(['ps'], {engine})).toEqual({
    code: 1,
    stdout: '',
    stderr: 'stack: cannot reach the daemon: connect ENOENT /run/stack/stack.sock\n  try: stack doctor\n',
  })
})

test('an error may say the exit code', async () => {
  const engine = engineWith({
    observe: () =>
      within('cannot look', () => Promise.reject(new StackError('program-not-found', 'not there', {exitCode: 127}))),
  })
  expect(await stack(['ps'], {engine})).toMatchObject({code: 127, stderr: 'stack: cannot look: not there\n'})
})

test('an error that nobody thought of is a bug and says so, with its trace', async () => {
  const engine = engineWith({
    observe: async () => {
      throw new TypeError('undefined is not a container')
    },
  })
  const {code, stderr} = await stack(['ps'], {engine})
  expect(code).toBe(1)
  expect(stderr).toMatch(/^stack: this is a bug in stack\nTypeError: undefined is not a container\n {4}at /)
})

test('with --progress json an error is an object', async () => {
  const {stderr} = await stack(['--progress=json', 'ps', 'nope'], {engine: withContainers([container('web')])})
  expect(JSON.parse(stderr)).toEqual({error: true, message: 'no such service: nope'})
})

test('the environment stands in for options', async () => {
  const environment = {COMPOSE_PROJECT_NAME: 'shop', COMPOSE_PROGRESS: 'json'}
  const {stderr} = await stack(['kill'], {
    environment,
    engine: withContainers([container('web')], {killContainer: async () => {}}),
  })
  expect(
    stderr
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line)),
  ).toEqual([
    {id: 'Container shop-web-1', text: 'Killing', status: 'Working'},
    {id: 'Container shop-web-1', text: 'Killed', status: 'Done'},
  ])
  expect((await stack(['ps'], {environment: {COMPOSE_ANSI: 'rainbow'}})).stderr).toBe(
    'stack: COMPOSE_ANSI is one of auto, never, always, not "rainbow"\n',
  )
})

test('the engine is closed after a command, also after one that failed', async () => {
  let closed = 0
  const engine = withContainers([], {
    close: async () => {
      closed++
    },
  })
  await stack(['ps'], {engine})
  await stack(['ps', 'nope'], {engine})
  expect(closed).toBe(2)
})
