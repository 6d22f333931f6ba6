import {expect, test} from 'vitest'
import {hasClients} from '../../../../src/runtime/container/drain.ts'

const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
const socket = (local: string, state: string) =>
  `   0: 0200C00A:${local} 0300C00A:D431 ${state} 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0`

test('a client is who is connected to a port that is listened on', () => {
  const listens = socket('0BB8', '0A')
  expect(hasClients([head, listens].join('\n'))).toBe(false)
  expect(hasClients([head, listens, socket('0BB8', '01')].join('\n'))).toBe(true)
  expect(hasClients([head, listens, socket('0BB8', '03')].join('\n')), 'on its way').toBe(true)
  expect(hasClients([head, listens, socket('0BB8', '06')].join('\n')), 'gone').toBe(false)
  expect(hasClients([head, listens, socket('D432', '01')].join('\n')), 'its own connection').toBe(false)
  expect(hasClients('')).toBe(false)
})
