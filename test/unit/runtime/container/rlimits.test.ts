import {expect, test} from 'vitest'
import {lessened} from '../../../../src/runtime/container/rlimits.ts'

const inherited = `Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max processes             96365                96365                processes 
Max open files            20000                20000                files     
`
const told = (name: string, soft: number, hard: number) => lessened({[name]: {soft, hard}}, inherited)

test('within our own limits it is as asked', () => {
  expect(told('nofile', 1024, 20000)).toEqual([])
  expect(told('cpu', -1, -1)).toEqual([])
})

test('above them there is less, and that is said', () => {
  const why = 'the host allows no more without CAP_SYS_RESOURCE'
  expect(told('nofile', 1024, 65536)).toEqual([`ulimit nofile is 20000, not 65536: ${why}`])
  expect(told('nproc', -1, -1)).toEqual([`ulimit nproc is 96365, not unlimited: ${why}`])
})
