import {describe, expect, test} from 'vitest'
import {type Asked, type Kind, refusal} from '../../../src/web/server/guard.ts'

const token = 'secret'
const judged = (kind: Kind | undefined, more: Partial<Asked> = {}) =>
  refusal(
    {
      method: kind === 'order' ? 'POST' : 'GET',
      path: '/',
      host: '127.0.0.1:4000',
      origin: kind === 'order' ? 'http://127.0.0.1:4000' : undefined,
      authorization: `Bearer ${token}`,
      ...more,
    },
    kind,
    token,
  )?.status

test('the page asks as it should', () => {
  expect(judged('open', {authorization: undefined})).toBeUndefined()
  expect(judged('live')).toBeUndefined()
  expect(judged('order')).toBeUndefined()
  expect(judged('live', {host: 'localhost:4000'})).toBeUndefined()
})

test.each([
  ['another name', 'stack.example:4000'],
  ['a name that begins like ours', '127.0.0.1.example:4000'],
  ['a name that ends like ours', 'x.localhost:4000'],
  ['another address', '192.0.2.1:4000'],
  ['a port that is none', 'localhost:4000@example'],
  ['nothing', undefined],
])('a request for %s is refused whatever else it has', (_, host) => {
  for (const kind of ['open', 'live', 'order'] as const)
    expect(judged(kind, {host, origin: `http://${host}`})).toBe(403)
  expect(judged(undefined, {host})).toBe(403)
})

describe('the token', () => {
  test.each([undefined, '', 'Bearer', 'Bearer ', 'Bearer secre', 'Bearer secret2', 'Basic secret', 'secret'])(
    '%s is none',
    authorization => {
      expect(judged('live', {authorization})).toBe(401)
      expect(judged('order', {authorization})).toBe(401)
    },
  )
})

describe('an order', () => {
  test.each([undefined, 'null', 'http://example.com', 'http://127.0.0.1:4001', 'https://127.0.0.1:4000'])(
    'from %s is refused',
    origin => expect(judged('order', {origin})).toBe(403),
  )
  test('is posted, and nothing else is', () => {
    expect(judged('order', {method: 'GET'})).toBe(405)
    expect(judged('live', {method: 'POST'})).toBe(405)
    expect(judged('open', {method: 'HEAD'})).toBe(405)
  })
})

test('every other path is not there', () => expect(judged(undefined)).toBe(404))
