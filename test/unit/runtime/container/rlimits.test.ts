import {expect, test} from 'vitest'
import {clampLimits} from '../../../../src/runtime/container/rlimits.ts'

const inherited = `Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max processes             96365                96365                processes 
Max open files            20000                20000                files     
`
const clamped = (name: string, soft: number, hard: number) => {
  const warnings: string[] = []
  return {...clampLimits({[name]: {soft, hard}}, inherited, text => warnings.push(text)), warnings}
}

test('within our own limits it is as asked', () => {
  expect(clamped('nofile', 1024, 20000)).toEqual({nofile: {soft: 1024, hard: 20000}, warnings: []})
  expect(clamped('cpu', -1, -1)).toEqual({cpu: {soft: -1, hard: -1}, warnings: []})
})

test('above them it is what we have, with a warning', () => {
  expect(clamped('nofile', 1024, 65536)).toEqual({
    nofile: {soft: 1024, hard: 20000},
    warnings: ["ulimit nofile is 20000, not 65536: that is the host's hard limit"],
  })
  expect(clamped('nproc', -1, -1)).toMatchObject({nproc: {soft: 96365, hard: 96365}})
})
