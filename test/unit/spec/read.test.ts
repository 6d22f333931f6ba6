import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {discover} from '../../../src/spec/discover.ts'
import {type ReadOptions, readProject, readRequest} from '../../../src/spec/read.ts'
import {framed} from './loading.ts'

describe('discover', () => {
  const among =
    (...paths: string[]) =>
    (path: string) =>
      paths.includes(path)

  test('our own name comes before the others, which are told', () => {
    expect(discover('/a', among('/a/compose.yaml', '/a/stack.yaml'))).toEqual({
      files: ['/a/stack.yaml'],
      ignored: ['/a/compose.yaml'],
    })
  })
  test('looks above, and takes the override beside what it finds', () => {
    expect(discover('/a/b/c', among('/a/compose.yml', '/a/compose.override.yml'))).toEqual({
      files: ['/a/compose.yml', '/a/compose.override.yml'],
      ignored: [],
    })
  })
  test('ends at the root', () => expect(discover('/a/b', () => false)).toBeUndefined())
})

describe('read', () => {
  let root = ''
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'stack-read-'))
  })
  afterEach(() => rmSync(root, {recursive: true}))

  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), {recursive: true})
    writeFileSync(join(root, path), text)
  }
  const read = (options: Partial<ReadOptions> = {}) => {
    const loaded = readProject({cwd: root, env: {}, ...options})
    if (loaded.project === undefined) throw new Error(framed(loaded))
    return loaded.project
  }
  const image = (options: Partial<ReadOptions> = {}) => read(options).services.web?.image

  test('the process wins over .env, and .env over defaults', () => {
    write('compose.yaml', `services: {web: {image: "\${A:-default}-\${B:-default}-\${C:-default}"}}`)
    write('.env', 'A=file\nB=file\n')
    expect(image({env: {A: 'process'}})).toBe('process-file-default')
  })

  test('--env-file replaces .env; the later one wins', () => {
    write('compose.yaml', `services: {web: {image: "\${A:-x}-\${B:-x}-\${C:-x}"}}`)
    write('.env', 'C=never\n')
    write('one.env', 'A=1\nB=1\n')
    write('two.env', 'B=2\n')
    expect(image({envFiles: ['one.env', 'two.env']})).toBe('1-2-x')
    expect(image({env: {COMPOSE_ENV_FILES: 'one.env'}})).toBe('1-1-x')
    expect(image({env: {COMPOSE_DISABLE_ENV_FILE: '1'}})).toBe('x-x-x')
    expect(() => read({envFiles: ['gone.env']})).toThrow(/gone\.env is not there/)
  })

  test('COMPOSE_ variables may stand in .env', () => {
    write('a.yaml', 'services: {web: {image: a}, more: {image: a, profiles: [extra]}}')
    write('b.yaml', 'services: {web: {image: b}}')
    write(
      '.env',
      'COMPOSE_FILE=a.yaml,b.yaml\nCOMPOSE_PATH_SEPARATOR=,\nCOMPOSE_PROFILES=extra\nCOMPOSE_PROJECT_NAME=from-env\n',
    )
    const project = read()
    expect(project.name).toBe('from-env')
    expect(project.files).toEqual([join(root, 'a.yaml'), join(root, 'b.yaml')])
    expect(Object.keys(project.services)).toEqual(['more', 'web'])
    expect(project.services.web?.image).toBe('b')
    expect(read({projectName: 'asked'}).name).toBe('asked')
  })

  test('the name is the one in the file, else the directory made fit, and a variable in the file', () => {
    write(
      'My App/compose.yaml',
      'services: {web: {image: x, environment: [COMPOSE_PROJECT_NAME], hostname: $COMPOSE_PROJECT_NAME}}',
    )
    const cwd = join(root, 'My App')
    expect(read({cwd})).toMatchObject({
      name: 'myapp',
      services: {web: {hostname: 'myapp', environment: {COMPOSE_PROJECT_NAME: 'myapp'}}},
    })
    write('My App/compose.override.yaml', `name: \${N:-other}`)
    expect(read({cwd}).name).toBe('other')
  })

  test('from a directory below, paths and .env are those of the file', () => {
    write('compose.yaml', `services: {web: {image: "x:\${TAG}", volumes: [./data:/data]}}`)
    write('.env', 'TAG=7\n')
    write('below/deep/file', '')
    const project = read({cwd: join(root, 'below/deep')})
    expect(project.services.web).toMatchObject({image: 'x:7', mounts: [{source: join(root, 'data')}]})
  })

  test('--project-directory is where relative paths start', () => {
    write('files/compose.yaml', 'services: {web: {image: x, volumes: [./data:/data]}}')
    expect(read({files: ['files/compose.yaml'], projectDirectory: 'other'}).services.web?.mounts[0]).toMatchObject({
      source: join(root, 'other/data'),
    })
  })

  test('- is standard input', () => {
    expect(image({files: ['-'], stdin: () => 'services: {web: {image: piped}}', projectName: 'p'})).toBe('piped')
  })

  test('nothing there, and a file that is not there, are said', () => {
    expect(() => read()).toThrow(/no Compose file in/)
    expect(() => read({files: ['gone.yaml']})).toThrow(/gone\.yaml is not there/)
  })

  test('a second candidate is a warning', () => {
    write('compose.yaml', 'services: {web: {image: x}}')
    write('docker-compose.yml', 'services: {}')
    expect(readRequest({cwd: root, env: {}}).problems.map(each => each.message)).toEqual([
      expect.stringContaining('docker-compose.yml is not used'),
    ])
  })
})
