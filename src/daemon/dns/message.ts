import {type Answer, AUTHORITATIVE_ANSWER, decode, encode, type Packet, RECURSION_AVAILABLE} from 'dns-packet'

/** The only importer of dns-packet. */
export type Question = {readonly name: string; readonly type: string}
export type Query = {
  readonly id: number
  readonly question: Question
  /** The longest answer that fits into a datagram for this client. */
  readonly room: number
  readonly recursionDesired: boolean
}
export type Resource =
  | {readonly type: 'A' | 'AAAA'; readonly name: string; readonly address: string}
  | {readonly type: 'PTR' | 'CNAME'; readonly name: string; readonly target: string}

export const codes = {noError: 0, serverFailure: 2, absent: 3, refused: 5} as const
export type Code = (typeof codes)[keyof typeof codes]

/** Short: containers come and go, and asking us again costs nothing. */
const timeToLive = 5
const smallestRoom = 512
const largestRoom = 4096

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
 * An answer that fits: of many replicas as many as there is room for, since a client needs one, and some libraries
 * do not ask again by TCP.
 */
export function writeAnswer(query: Query, code: Code, resources: readonly Resource[], room = query.room): Buffer {
  const bytes = encode(packetOf(query, code, resources))
  if (bytes.length <= room || resources.length === 0) return bytes
  const each = (bytes.length - smallestHeader) / resources.length
  const fitting = Math.min(resources.length - 1, Math.floor((room - smallestHeader) / each))
  return writeAnswer(query, code, resources.slice(0, Math.max(0, fitting)), room)
}

const smallestHeader = 12

function packetOf({id, question, recursionDesired}: Query, code: Code, resources: readonly Resource[]): Packet {
  const flags = AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE | (recursionDesired ? recursionDesiredFlag : 0) | code
  return {
    type: 'response',
    id,
    flags,
    questions: [question as {name: string; type: 'A'}],
    answers: resources.map(toAnswer),
  }
}

const toAnswer = (resource: Resource): Answer =>
  'address' in resource
    ? {type: resource.type, name: resource.name, ttl: timeToLive, data: resource.address}
    : {type: resource.type, name: resource.name, ttl: timeToLive, data: resource.target}

/** As TCP carries it: the length in front. */
export function withLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}
