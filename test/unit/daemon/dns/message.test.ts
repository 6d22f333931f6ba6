import {decode, encode} from 'dns-packet'
import {expect, test} from 'vitest'
import {codes, readQuery, withLength, writeAnswer} from '../../../../src/daemon/dns/message.ts'

const bytes = encode({type: 'query', id: 77, flags: 0x100, questions: [{type: 'A', name: 'web'}]})
const query = readQuery(bytes)!
const replicas = Array.from({length: 100}, (_, index) => ({
  type: 'A' as const,
  name: 'web',
  address: `10.0.0.${index}`,
}))

test('a query is read, with the room for its answer', () => {
  expect(query).toEqual({
    id: 77,
    question: {name: 'web', type: 'A'},
    room: 512,
    hasOptions: false,
    recursionDesired: true,
  })
  const additionals = [
    {
      type: 'OPT' as const,
      name: '.',
      udpPayloadSize: 1232,
      extendedRcode: 0,
      ednsVersion: 0,
      flags: 0,
      flag_do: false,
      options: [],
    },
  ]
  expect(readQuery(encode({type: 'query', questions: [{type: 'A', name: 'web'}], additionals}))?.room).toBe(1232)
})

test('what is no query is nothing', () => {
  expect(readQuery(Buffer.from('hello'))).toBeUndefined()
  expect(readQuery(encode({type: 'response', questions: [{type: 'A', name: 'web'}]}))).toBeUndefined()
  expect(readQuery(encode({type: 'query', questions: []}))).toBeUndefined()
})

test('an answer has the id, the question and the code', () => {
  const packet = decode(writeAnswer(query, codes.absent, []))
  expect(packet).toMatchObject({
    id: 77,
    type: 'response',
    rcode: 'NXDOMAIN',
    flag_rd: true,
    flag_ra: true,
    questions: [{name: 'web'}],
  })
})

test('who tells of its room is told of ours', () => {
  const packet = decode(writeAnswer({...query, hasOptions: true}, codes.noError, []))
  expect(packet.additionals).toMatchObject([{type: 'OPT', udpPayloadSize: 1232}])
  expect(decode(writeAnswer(query, codes.noError, [])).additionals).toEqual([])
})

test('of many replicas as many as fit are told, and that there are more', () => {
  const datagram = writeAnswer(query, codes.noError, replicas)
  expect(datagram.length).toBeLessThanOrEqual(512)
  const packet = decode(datagram)
  expect(packet.flag_tc).toBe(true)
  expect(packet.answers?.length).toBeGreaterThan(20)
  expect(decode(writeAnswer(query, codes.noError, replicas, 65535)).answers).toHaveLength(100)
  expect(decode(writeAnswer(query, codes.noError, replicas, 65535)).flag_tc).toBe(false)
})

test('by TCP the length comes first', () => {
  expect([...withLength(Buffer.alloc(300)).subarray(0, 2)]).toEqual([1, 44])
})
