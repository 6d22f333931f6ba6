import {mkdtempSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {nodeOutside, placeNode} from '../../../../../src/runtime/image/host/node.ts'

test('a Node below /usr is there already', () => {
  expect(nodeOutside('/usr/local/bin/node')).toBeUndefined()
  expect(nodeOutside('/home/alice/.nvm/versions/node/v20.0.0/bin/node')).toContain('.nvm')
})

test('another one becomes bin/node of a layer, without a copy where it can', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'stack-node-'))
  try {
    writeFileSync(join(directory, 'node'), 'program', {mode: 0o755})
    await placeNode(join(directory, 'node'), join(directory, 'layer'))
    expect(statSync(join(directory, 'layer/bin/node')).ino).toBe(statSync(join(directory, 'node')).ino)
  } finally {
    rmSync(directory, {recursive: true})
  }
})
