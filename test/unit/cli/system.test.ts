import {expect, test} from 'vitest'
import type {DiskUsage, Upkeep} from '../../../src/engine/upkeep.ts'
import {engineWith, stack} from './support.ts'

const now = Date.now()
const usage: DiskUsage = {
  layersSize: 100e6,
  images: [
    {id: `sha256:${'a'.repeat(64)}`, tags: ['web:1', 'web:2'], created: now, size: 60e6, shared: 20e6, containers: 2},
    {id: `sha256:${'b'.repeat(64)}`, tags: [], created: now, size: 60e6, shared: 20e6, containers: 0},
  ],
  containers: [
    {id: 'c'.repeat(64), name: 'web-1', image: 'web:1', status: 'Up', isActive: true, created: now, size: 3000},
    {id: 'd'.repeat(64), name: 'web-2', image: 'web:1', status: 'Exited', isActive: false, created: now, size: 1000},
  ],
  volumes: [
    {name: 'data', links: 1, size: 5000},
    {name: 'elsewhere', links: 0, size: -1},
  ],
  buildCache: [
    {id: 'e'.repeat(25), kind: 'regular', description: '', created: now, size: 7e6, isUsed: false, isShared: false},
    {id: 'f'.repeat(25), kind: 'regular', description: '', created: now, size: 9e6, isUsed: false, isShared: true},
  ],
}
const asked: unknown[] = []
const upkeep: Upkeep = {
  usage: async () => usage,
  async prune(...words) {
    asked.push(words)
    return {removed: words[0] === 'networks' ? [] : [`some ${words[0]}`], freed: 1000}
  },
}
const engine = engineWith({upkeep})
const system = (...words: string[]) => stack(['system', ...words], {engine})

test('system df', async () => {
  expect((await system('df')).stdout).toMatchInlineSnapshot(`
    "TYPE            TOTAL   ACTIVE   SIZE    RECLAIMABLE
    Images          2       1        100MB   60MB (60%)
    Containers      2       1        4kB     1kB (25%)
    Local Volumes   2       1        5kB     0B (0%)
    Build Cache     2       0        7MB     7MB (100%)
    "
  `)
  const told = engineWith({upkeep: {...upkeep, usage: async () => ({...usage, layersReclaimable: 40e6})}})
  expect((await stack(['system', 'df'], {engine: told})).stdout).toContain('40MB (40%)')
  const [first = ''] = (await system('df', '--format', 'json')).stdout.split('\n')
  expect(JSON.parse(first)).toEqual({
    Type: 'Images',
    TotalCount: '2',
    Active: '1',
    Size: '100MB',
    Reclaimable: '60MB (60%)',
  })
  const verbose = (await system('df', '-v')).stdout
  expect(verbose).toMatch(/web +2 +a{12} +Less than a second ago +60MB +20MB +40MB +2\n/)
  expect(verbose).toMatch(/d{12} +web:1 +1kB +Less than a second ago +Exited +web-2\n/)
  expect(verbose).toMatch(/elsewhere +0 +N\/A\n/)
  expect(JSON.parse((await system('df', '-v', '--format', 'json')).stdout)).toEqual(usage)
})

test('system prune goes through everything in order, and sums up', async () => {
  expect(await system('prune')).toMatchObject({code: 1, stderr: expect.stringContaining('nobody is there to agree')})
  expect(asked).toEqual([])
  expect(await system('prune', '-f')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /^Deleted containers:\nsome containers\n\nDeleted images:[\s\S]*Total reclaimed space: 4kB\n$/,
    ),
  })
  expect(asked.splice(0)).toEqual([
    ['containers', {}],
    ['networks', {}],
    ['images', {dangling: ['true']}],
    ['build', {}],
  ])
  await system('prune', '-a', '--volumes', '-y', '--filter', 'until=1h', '--filter', 'label=x')
  const filters = {until: ['1h'], label: ['x']}
  expect(asked.splice(0)).toEqual([
    ['containers', filters],
    ['networks', filters],
    ['volumes', {label: ['x']}],
    ['images', {...filters, dangling: ['false']}],
    ['build', filters],
  ])
  const dry = await system('prune', '--volumes', '--dry-run')
  expect(dry.stdout).toContain('this would remove:\n  containers that do not run\n')
  expect(dry.stdout).toContain('  anonymous volumes')
  expect(asked).toEqual([])
})
