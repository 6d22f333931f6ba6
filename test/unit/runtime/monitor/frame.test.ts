import fc from 'fast-check'
import {expect, test} from 'vitest'
import {encodeFrame, FrameReader} from '../../../../src/runtime/monitor/frame.ts'

test('a frame is Docker’s: type, length, payload', () => {
  expect(encodeFrame(2, Buffer.from('abc'))).toEqual(Buffer.from([2, 0, 0, 0, 0, 0, 0, 3, 97, 98, 99]))
})

test('frames are put together however they are cut', () => {
  const frame = fc.record({type: fc.nat(3), payload: fc.uint8Array({maxLength: 50})})
  fc.assert(
    fc.property(fc.array(frame), fc.array(fc.integer({min: 1, max: 20}), {minLength: 1}), (frames, sizes) => {
      const bytes = Buffer.concat(frames.map(({type, payload}) => encodeFrame(type, payload)))
      const reader = new FrameReader()
      const seen = []
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const size = sizes[turn % sizes.length] as number
        seen.push(...reader.push(bytes.subarray(at, at + size)))
        at += size
      }
      expect(seen.map(({type, payload}) => ({type, payload: new Uint8Array(payload)}))).toEqual(
        frames.map(({type, payload}) => ({type, payload: new Uint8Array(payload)})),
      )
      expect(Buffer.concat(seen.map(each => each.whole))).toEqual(bytes)
    }),
  )
})
