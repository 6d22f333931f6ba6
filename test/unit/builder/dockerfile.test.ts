/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how a Dockerfile has it */
import {describe, expect, it} from 'vitest'
import {frame} from '../../../src/base/frame.ts'
import {expand} from '../../../src/builder/dockerfile/expand.ts'
import {parseDockerfile} from '../../../src/builder/dockerfile/parse.ts'

const parse = (text: string) => parseDockerfile({path: 'Dockerfile', text})
const problems = (text: string) => parse(text).problems.map(frame)
const instructions = (text: string) => {
  const {dockerfile, problems: found} = parse(text)
  expect(found.map(frame)).toEqual([])
  return dockerfile!.stages.flatMap(each => each.instructions)
}

describe('lines', () => {
  it('joins continued lines, leaving comments and empty lines out', () => {
    const [run] = instructions('FROM a\nRUN one \\\n  # no\n\n  && two\n')
    expect(run).toMatchObject({kind: 'run', command: {shell: 'one   && two'}, text: 'RUN one && two'})
  })

  it('heeds the escape directive', () => {
    const [run, after] = instructions('# escape=`\nFROM a\nRUN dir C:\\\nRUN one `\n two\n')
    expect(run).toMatchObject({command: {shell: 'dir C:\\'}})
    expect(after).toMatchObject({command: {shell: 'one  two'}})
  })

  it('reads heredocs of RUN and COPY', () => {
    const [run, copy] = instructions(
      'FROM a\nRUN <<EOF cat >x && <<-"B" sh\n a\nEOF\n\tb\n\tB\nCOPY <<"X" <<Y /etc/\n$a\nX\nb\nY\n',
    )
    expect(run).toMatchObject({
      heredocs: [
        {name: 'EOF', content: ' a\n', isQuoted: false},
        {name: 'B', content: 'b\n', isQuoted: true, stripsTabs: true},
      ],
    })
    expect(copy).toMatchObject({kind: 'copy', sources: [{}, {}], target: {text: '/etc/'}})
    expect(copy?.kind === 'copy' && [...copy.contents].map(([at, each]) => [at, each.content])).toEqual([
      [0, '$a\n'],
      [1, 'b\n'],
    ])
  })
})

describe('instructions', () => {
  it('reads stages with names, platforms and arguments before them', () => {
    const {dockerfile} = parse('ARG V=1\nFROM --platform=$P node:$V AS Build\nFROM build\nLABEL a="b c" d=e\n')
    expect(dockerfile?.args[0]).toMatchObject({names: [{name: 'V', value: {text: '1'}}]})
    expect(dockerfile?.stages).toMatchObject([
      {name: 'build', from: {image: {text: 'node:$V'}, platform: {text: '$P'}}},
      {name: undefined, instructions: [{kind: 'label', pairs: [{value: {text: '"b c"'}}, {value: {text: 'e'}}]}]},
    ])
  })

  it('reads mounts and flags of RUN', () => {
    const [run] = instructions('FROM a\nRUN --mount=type=cache,target=/c,sharing=locked --network=none ["a", "b c"]\n')
    expect(run).toMatchObject({
      command: {exec: ['a', 'b c']},
      network: {text: 'none'},
      mounts: [{type: 'cache', options: {target: {text: '/c'}, sharing: {text: 'locked'}}}],
    })
  })

  it('reads the old form of ENV, health checks, and triggers', () => {
    const all = instructions(
      'FROM a\nENV a b  c\nHEALTHCHECK --interval=1m --retries=2 CMD ["x"]\nONBUILD COPY . .\nHEALTHCHECK NONE\n',
    )
    expect(all).toMatchObject([
      {pairs: [{name: {text: 'a'}, value: {text: 'b  c'}}]},
      {check: {interval: 60_000, retries: 2, command: {exec: ['x']}}},
      {trigger: 'COPY . .'},
      {check: 'none'},
    ])
  })
})

describe('problems', () => {
  it('are told all at once, each at its place', () => {
    expect(problems('FROM a\nRUNN x\nCOPY --chwon=1 a b\nRUN --mount=type=cahce,target=/x y\n')).toEqual([
      'Dockerfile:2:1: error: unknown instruction "RUNN" [unknown-instruction]\n  2 | RUNN x\n    | ^^^^\n  hint: did you mean RUN?',
      'Dockerfile:3:6: error: COPY does not know the flag --chwon [bad-instruction]\n  3 | COPY --chwon=1 a b\n    |      ^^^^^^^^^\n  hint: did you mean --chown?',
      'Dockerfile:4:5: error: --mount=type=cahce,target=/x: the type is not known [bad-instruction]\n  4 | RUN --mount=type=cahce,target=/x y\n    |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  hint: types are bind, cache, tmpfs, secret, ssh',
    ])
  })

  it.each([
    ['', 'there is no instruction'],
    ['RUN x\n', 'RUN stands before the first FROM'],
    ['FROM a\nRUN <<EOF\nx\n', 'the heredoc "EOF" has no end'],
    ['FROM a AS b\nFROM c AS B\n', 'two stages are called "b"'],
    ['FROM a\nENV a\n', 'ENV needs a value'],
    ['FROM a\nENV a=b c\n', '"c" is not NAME=VALUE'],
    ['FROM a\nCOPY x\n', 'COPY needs what to copy'],
    ['FROM a\nWORKDIR\n', 'WORKDIR needs something after it'],
    ['# escape=x\nFROM a\n', 'the escape character can not be "x"'],
  ])('%j: %s', (text, message) => {
    expect(problems(text).join('\n')).toContain(message)
  })

  it('has the place of a word in a continued line', () => {
    expect(problems('FROM a\nCOPY \\\n  --nope=1 \\\n  a b\n')[0]).toContain('Dockerfile:3:3:')
  })
})

describe('expand', () => {
  const values: Record<string, string> = {a: 'x', empty: '', path: '/one/two.tar.gz'}
  const text = (word: string) => {
    const found = expand(word, {get: name => values[name], escapeBy: '\\'})
    return 'text' in found ? found.text : found.problem
  }
  it.each([
    ['$a-${a}$none.', 'x-x.'],
    ['${none:-y}${empty:-y}${empty-y}${a:-y}', 'yyx'],
    ['${a:+y}${none:+y}${empty:+y}', 'y'],
    ['${none:-${a}b}', 'xb'],
    ['${path#*/}', 'one/two.tar.gz'],
    ['${path##*/}', 'two.tar.gz'],
    ['${path%.*}', '/one/two.tar'],
    ['${path%%.*}', '/one/two'],
    ['${path/one/1}', '/1/two.tar.gz'],
    ['${path//t/T}', '/one/Two.Tar.gz'],
    ['\'$a\' "$a" \\$a', '$a x $a'],
    ['${none:?must be given}', 'none: must be given'],
    ['${a', '"${a" is not closed by "}"'],
  ])('%s', (word, expected) => {
    expect(text(word)).toBe(expected)
  })
})
