import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type Packet,
  RECURSION_AVAILABLE,
  TRUNCATED_RESPONSE,
} from 'dns-packet'

/** The only importer of dns-packet. */
export type Question = {readonly name: string; readonly type: string}
export type Query = {
  readonly id: number
  readonly question: Question
  /** The longest answer that fits into a datagram for this client. */
  readonly room: number
  /** It told of its room (EDNS), and is told of ours. */
  readonly hasOptions: boolean
  readonly recursionDesired: boolean
}
export type Resource =
  | {readonly type: 'A' | 'AAAA'; readonly name: string; readonly address: string}
  | {readonly type: 'PTR' | 'CNAME'; readonly name: string; readonly target: string}
  | {readonly type: 'SRV'; readonly name: string; readonly target: string; readonly port: number}

export const codes = {noError: 0, serverFailure: 2, absent: 3, refused: 5} as const
export type Code = (typeof codes)[keyof typeof codes]

/** Short: containers come and go, and asking us again costs nothing. */
const timeToLive = 5
const smallestRoom = 512
const largestRoom = 4096
/** What we take by UDP: never cut into fragments, on any link. */
const ownRoom = 1232

/** undefined for what is no query with one question. */
export function readQuery(bytes: Buffer): Query | undefined {
  let packet: Packet
  try {
    packet = decode(bytes)
  } catch {
    return undefined
  }
  const [question] = packet.questions ?? []
  if (packet.type !== 'query' || packet.questions?.length !== 1 || question === undefined) return undefined
  const options = packet.additionals?.find(each => each.type === 'OPT')
  const asked = options?.type === 'OPT' ? options.udpPayloadSize : smallestRoom
  return {
    id: packet.id ?? 0,
    question: {name: question.name, type: question.type},
    room: Math.min(Math.max(asked, smallestRoom), largestRoom),
    hasOptions: options !== undefined,
    recursionDesired: ((packet.flags ?? 0) & recursionDesiredFlag) !== 0,
  }
}

const recursionDesiredFlag = 0x0100

/** As it is asked of another server. */
export const writeQuery = ({id, question, recursionDesired}: Query): Buffer =>
  encode({
    type: 'query',
    id,
    flags: recursionDesired ? recursionDesiredFlag : 0,
    questions: [question as {name: string; type: 'A'}],
  })

/** What another server knows of addresses; what cannot be read is its failure. */
export function readAnswer(bytes: Buffer): {readonly code: number; readonly resources: readonly Resource[]} {
  try {
    const {flags = 0, answers = []} = decode(bytes)
    return {code: flags & codeMask, resources: answers.flatMap(fromAnswer)}
  } catch {
    return {code: codes.serverFailure, resources: []}
  }
}

const codeMask = 0x0f

function fromAnswer(answer: Answer): Resource[] {
  if (answer.type === 'A' || answer.type === 'AAAA')
    return [{type: answer.type, name: answer.name, address: answer.data}]
  return answer.type === 'CNAME' ? [{type: 'CNAME', name: answer.name, target: answer.data}] : []
}

/**
 * An answer that fits. Of many replicas as many as there is room for, marked as cut: glibc and others ask again by TCP
 * then, and libraries that cannot have what they need, one address.
 */
export function writeAnswer(query: Query, code: Code, resources: readonly Resource[], room = query.room): Buffer {
  const bytes = encode(packetOf(query, code, resources))
  if (bytes.length <= room || resources.length === 0) return bytes
  const empty = encode(packetOf(query, code, []))
  const each = (bytes.length - empty.length) / resources.length
  for (let count = Math.min(resources.length - 1, Math.floor((room - empty.length) / each)); count > 0; count--) {
    const cut = encode(packetOf(query, code, resources.slice(0, count), TRUNCATED_RESPONSE))
    if (cut.length <= room) return cut
  }
  return encode(packetOf(query, code, [], TRUNCATED_RESPONSE))
}

function packetOf(query: Query, code: Code, resources: readonly Resource[], more = 0): Packet {
  const {id, question, recursionDesired, hasOptions} = query
  const flags = AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE | (recursionDesired ? recursionDesiredFlag : 0) | code | more
  return {
    type: 'response',
    id,
    flags,
    questions: [question as {name: string; type: 'A'}],
    answers: resources.map(toAnswer),
    ...(hasOptions ? {additionals: [ownOptions]} : {}),
  }
}

const ownOptions: Answer = {
  type: 'OPT',
  name: '.',
  udpPayloadSize: ownRoom,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
}

function toAnswer(resource: Resource): Answer {
  const {name} = resource
  if ('address' in resource) return {type: resource.type, name, ttl: timeToLive, data: resource.address}
  if (resource.type !== 'SRV') return {type: resource.type, name, ttl: timeToLive, data: resource.target}
  const {port, target} = resource
  return {type: 'SRV', name, ttl: timeToLive, data: {port, target, priority: 0, weight: 1}}
}

/** As TCP carries it: the length in front. */
export function withLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}
