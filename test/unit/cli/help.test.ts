import {expect, test} from 'vitest'
import {command} from '../../../src/cli/command.ts'
import {commands, listed} from '../../../src/cli/commands.ts'
import {renderCompletion, shells} from '../../../src/cli/completion.ts'
import {globalOptions} from '../../../src/cli/globals.ts'
import {renderCommand, renderOverview} from '../../../src/cli/help.ts'

const wash = {
  name: 'wash',
  command: command({
    summary: 'Wash containers',
    usage: 'wash [OPTIONS] [SERVICE...]',
    details:
      'They are clean afterwards, which is not said of everything that this program does to them, or of what it leaves.',
    options: {
      dry: {type: 'boolean', short: 'd', description: 'and dry them'},
      drip: {type: 'boolean', default: true, description: 'do not let them drip'},
      soap: {type: 'string', value: 'KIND', multiple: true, description: 'with this soap'},
      heat: {
        type: 'choice',
        choices: ['cold', 'hot'],
        description: 'how hot the water is, which matters more than one would think before one has tried it',
      },
      secret: {type: 'boolean', hidden: true, description: 'nobody is told'},
    },
    run: async () => 0,
  }),
}

test('help of a command', () => {
  expect(renderCommand(wash)).toMatchInlineSnapshot(`
    "Usage: stack wash [OPTIONS] [SERVICE...]

    Wash containers

    They are clean afterwards, which is not said of everything that this program
    does to them, or of what it leaves.

    Options:
      -d, --dry            and dry them
          --drip=false     do not let them drip
          --soap KIND      with this soap (may be given again)
          --heat cold|hot  how hot the water is, which matters more than one would
                           think before one has tried it

    Options of every command are in "stack --help".
    "
  `)
})

test('completion of every shell knows the command, its options and the services', () => {
  for (const shell of shells) {
    const script = renderCompletion(shell, [wash])
    expect(script).toContain('wash')
    expect(script).toContain(shell === 'fish' ? '-l soap' : '--soap')
    expect(script).toContain('stack config --services')
    expect(script).not.toContain('secret')
  }
})

test('no line of any help is wider than a terminal', async () => {
  const all = await listed()
  const texts = [renderOverview(all), ...all.map(renderCommand)]
  const wide = texts.flatMap(text => text.split('\n')).filter(line => line.length > 80)
  expect(wide).toEqual([])
})

test('what is said of commands and options reads alike', async () => {
  for (const {name, command: each} of await listed()) {
    expect(`${each.usage} `.startsWith(`${name} `)).toBe(true)
    expect(each.summary).toMatch(/^[A-Z].*[^.]$/)
    for (const option of Object.values(each.options)) expect(option.description).toMatch(/[^.]$/)
  }
})

test('no two options of a command share a letter', async () => {
  for (const {command: each} of await listed()) {
    const letters = Object.values(each.options).flatMap(({short}) => short ?? [])
    expect(letters).toEqual([...new Set(letters)])
  }
})

test('a hidden command is in no help', async () => {
  expect(commands.daemon?.hidden).toBe(true)
  expect(renderOverview(await listed())).not.toContain('daemon')
})

test('options of the program are in its overview', async () => {
  const overview = renderOverview(await listed())
  for (const name of Object.keys(globalOptions)) expect(overview).toContain(`--${name}`)
})
