import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {resolve} from 'node:path'
import {describe, expect, test} from 'vitest'
import {printCanonical} from '../../../src/spec/canonical.ts'
import {framed, loadFiles} from './loading.ts'

const root = resolve(import.meta.dirname, '../../golden')
const cases = readdirSync(root, {withFileTypes: true}).filter(
  each => each.isDirectory() && existsSync(resolve(root, each.name, 'compose.yaml')),
)

/** Every file of a case by its name; `compose.yaml` and `override.yaml` are the main ones. */
function filesOf(directory: string): Record<string, string> {
  const names = readdirSync(directory, {recursive: true, withFileTypes: true}).filter(each => each.isFile())
  return Object.fromEntries(
    names.map(each => {
      const path = resolve(each.parentPath, each.name)
      return [path.slice(directory.length + 1), readFileSync(path, 'utf8')]
    }),
  )
}

const printing = {format: 'yaml', unused: false, escapes: true} as const

/** What a case gives, by the name of the file that keeps it. */
function outcome(directory: string): Record<string, string | undefined> {
  const files = filesOf(directory)
  const main = ['compose.yaml', 'override.yaml'].filter(name => name in files)
  const environment = {HOME: '/home/me', TAG: '7', EMPTY: ''}
  const loaded = loadFiles(files, {main, environment, projectName: 'golden', platform: 'linux/amd64'})
  const text = (value: unknown) =>
    `${JSON.stringify(value, (_key, each) => (each instanceof Uint8Array ? new TextDecoder().decode(each) : each), 2)}\n`
  return {
    'project.json': loaded.project && text(loaded.project),
    'config.yaml': loaded.canonical && printCanonical(loaded.canonical, printing),
    'errors.txt': loaded.problems.length === 0 ? undefined : `${framed(loaded)}\n`,
  }
}

describe('golden', () => {
  for (const {name} of cases) {
    test(name, () => {
      const directory = resolve(root, name)
      for (const [file, text] of Object.entries(outcome(directory))) {
        const path = resolve(directory, file)
        if (process.env.GOLDEN_UPDATE === '1' && text !== undefined) writeFileSync(path, text)
        expect(text, `${name}/${file}`).toBe(existsSync(path) ? readFileSync(path, 'utf8') : undefined)
      }
    })
  }

  test('there are cases, and each has an outcome', () => {
    expect(cases.length).toBeGreaterThan(20)
    for (const {name} of cases) {
      const kept = readdirSync(resolve(root, name))
      expect(kept.includes('project.json') || kept.includes('errors.txt'), name).toBe(true)
    }
  })

  test('what config prints means the same again', () => {
    for (const {name} of cases) {
      const directory = resolve(root, name)
      const {'config.yaml': config, 'project.json': project} = outcome(directory)
      if (config === undefined) continue
      const again = loadFiles(
        {...filesOf(directory), 'compose.yaml': config},
        {environment: {HOME: '/home/me', TAG: '7', EMPTY: ''}, platform: 'linux/amd64'},
      )
      expect(printCanonical(again.canonical!, printing), name).toBe(config)
      if (project !== undefined) expect(again.project?.services, name).toEqual(JSON.parse(project).services)
    }
  })
})
