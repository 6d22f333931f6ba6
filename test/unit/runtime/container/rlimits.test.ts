import {expect, test} from 'vitest'
import {checkLimits} from '../../../../src/runtime/container/rlimits.ts'

const inherited = `Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max processes             96365                96365                processes 
Max open files            20000                20000                files     
`
const check = (name: string, soft: number, hard: number) => () => checkLimits({[name]: {soft, hard}}, inherited)

test('within our own limits it is as asked', () => {
  expect(check('nofile', 1024, 20000)).not.toThrow()
  expect(check('cpu', -1, -1)).not.toThrow()
})

test('above them it is refused', () => {
  expect(check('nofile', 1024, 65536)).toThrow('ulimit nofile cannot be 65536: the hard limit of this host is 20000')
  expect(check('nproc', -1, -1)).toThrow('ulimit nproc cannot be unlimited: the hard limit of this host is 96365')
})
