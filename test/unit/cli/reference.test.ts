import {expect, test} from 'vitest'
import {listed} from '../../../src/cli/commands.ts'
import {renderReference} from '../../../src/cli/reference.ts'

test('docs/cli.md is what the list of commands says', async () => {
  await expect(renderReference(await listed())).toMatchFileSnapshot('../../../docs/cli.md')
})
