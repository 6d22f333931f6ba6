import {expect, test} from 'vitest'
import {Ruleset} from '../../../../src/runtime/network/ruleset.ts'

function setUp() {
  const state = {text: 'a', loads: [] as string[], failing: false}
  const ruleset = new Ruleset(
    () => state.text,
    async text => {
      await Promise.resolve()
      if (state.failing) throw new Error('no')
      state.loads.push(text)
    },
  )
  return {state, ruleset}
}

test('a burst is one load, of the text at its end', async () => {
  const {state, ruleset} = setUp()
  const all = [ruleset.apply(), ruleset.apply()]
  state.text = 'b'
  await Promise.all([...all, ruleset.apply()])
  expect(state.loads).toEqual(['b'])
})

test('what is called for while a load runs is loaded after it', async () => {
  const {state, ruleset} = setUp()
  const first = ruleset.apply()
  await Promise.resolve()
  await Promise.resolve()
  state.text = 'b'
  await Promise.all([first, ruleset.apply()])
  expect(state.loads.at(-1)).toBe('b')
})

test('the same text is not loaded again, unless it was forgotten', async () => {
  const {state, ruleset} = setUp()
  await ruleset.apply()
  await ruleset.apply()
  expect(state.loads).toEqual(['a'])
  ruleset.forget()
  await ruleset.apply()
  expect(state.loads).toEqual(['a', 'a'])
})

test('a load that fails is told to its caller, and the next one tries again', async () => {
  const {state, ruleset} = setUp()
  state.failing = true
  await expect(ruleset.apply()).rejects.toThrow('no')
  state.failing = false
  await ruleset.apply()
  expect(state.loads).toEqual(['a'])
})
