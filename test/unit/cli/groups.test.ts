import {execFileSync} from 'node:child_process'
import {expect, test} from 'vitest'
import {stack} from './support.ts'

test.each([
  [['image', '--help'], 'Usage: stack image COMMAND'],
  [['--help', 'image'], 'Usage: stack image COMMAND'],
  [['help', 'image'], '  prune    Remove images'],
  [['help', 'image', 'ls'], 'Usage: stack image ls [OPTIONS] [NAME]'],
  [['image', 'ls', '--help'], 'Usage: stack image ls [OPTIONS] [NAME]'],
  [['image', '--help', 'ls'], 'Usage: stack image ls [OPTIONS] [NAME]'],
  [['--help'], '  image       Work with the images of this machine\n'],
])('%j', async (args, expected) => {
  const {code, stdout} = await stack(args)
  expect(stdout).toContain(expected)
  expect(code).toBe(0)
})

test.each([
  [['image'], 'Usage: stack image COMMAND'],
  [['image', 'lss'], 'stack: unknown command "image lss"\n  try: stack image ls\n'],
  [['help', 'image', 'lss'], 'stack: unknown command "image lss"\n  try: stack image ls\n'],
  [['image', '--oops', 'ls'], 'unknown option --oops'],
  [['image', 'tag', 'a'], 'stack: "stack image tag" needs more arguments\n  try: stack image tag IMAGE NAME\n'],
])('%j is refused with 1', async (args, expected) => {
  const {code, stderr} = await stack(args)
  expect(stderr).toContain(expected)
  expect(code).toBe(1)
})

async function completed(...words: string[]): Promise<string[]> {
  const script = (await stack(['completion', 'bash'])).stdout
  const list = words.map(each => `'${each}'`).join(' ')
  const asked = `stack() { echo web; }\nCOMP_WORDS=(stack ${list}); COMP_CWORD=${words.length}; _stack; echo "\${COMPREPLY[@]}"`
  return execFileSync('bash', ['-c', `${script}\n${asked}`], {encoding: 'utf8'})
    .trim()
    .split(' ')
}

test('bash completes both words of a command, and what comes after it', async () => {
  expect(await completed('im')).toEqual(['images', 'image'])
  expect(await completed('image', 'p')).toEqual(['pull', 'push', 'prune'])
  expect(await completed('image', 'ls', '--dig')).toEqual(['--digests'])
  expect(await completed('-f', 'x', 'image', 'rm', '--for')).toEqual(['--force'])
  expect(await completed('pull', '--pol')).toEqual(['--policy'])
  expect(await completed('exec', 'w')).toEqual(['web'])
  expect(await completed('exec', 'ps', '--in')).toEqual(['--index'])
})
