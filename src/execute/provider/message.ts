import {StackError} from '../../base/error.ts'

/** A line that a provider writes. */
export type Message =
  | {readonly type: 'info' | 'error' | 'debug'; readonly text: string}
  | {readonly type: 'setenv' | 'rawsetenv'; readonly name: string; readonly value: string}

/** Errors: provider-failed where it is none of the messages that there are. */
export function parseMessage(line: string): Message {
  const {type, message} = fieldsOf(line)
  switch (type) {
    case 'info':
    case 'error':
    case 'debug':
      return {type, text: message}
    case 'setenv':
    case 'rawsetenv': {
      const [, name, value] = /^([^=]+)=(.*)$/s.exec(message) ?? []
      if (name === undefined || value === undefined) throw unknown(line)
      return {type, name, value}
    }
    default:
      throw unknown(line)
  }
}

function fieldsOf(line: string): {readonly type: unknown; readonly message: string} {
  const found: unknown = parsed(line)
  if (typeof found !== 'object' || found === null || !('type' in found) || !('message' in found)) throw unknown(line)
  if (typeof found.message !== 'string') throw unknown(line)
  return {type: found.type, message: found.message}
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw unknown(line)
  }
}

const unknown = (line: string): StackError =>
  new StackError('provider-failed', `it wrote what cannot be understood: ${line.slice(0, 200)}`, {
    hint: 'a provider writes lines like {"type": "info", "message": "..."}',
  })
