import {suggest} from '../../base/suggest.ts'
import type {Body, Mount, Raw} from './instruction.ts'
import {checkFlags, commandOf, type Flag, flagValue, problem, type Reader} from './reader.ts'

const types = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'] as const
const optionsOf: Readonly<Record<Mount['type'], readonly string[]>> = {
  bind: ['target', 'from', 'source', 'readwrite', 'readonly'],
  cache: ['target', 'id', 'from', 'source', 'sharing', 'mode', 'uid', 'gid', 'readonly', 'readwrite'],
  tmpfs: ['target', 'size'],
  secret: ['target', 'id', 'required', 'mode', 'uid', 'gid', 'env'],
  ssh: ['target', 'id', 'required', 'mode', 'uid', 'gid'],
}
const synonyms: Readonly<Record<string, string>> = {
  dst: 'target',
  destination: 'target',
  src: 'source',
  ro: 'readonly',
  rw: 'readwrite',
}
const bare = ['readonly', 'readwrite', 'required']

export function parseRun(reader: Reader): Body {
  checkFlags(reader, ['mount', 'network', 'security'])
  const network = flagValue(reader, 'network')
  if (network !== undefined && !['default', 'none', 'host'].includes(network.text)) {
    problem(reader, `--network is default, none or host, not "${network.text}"`, network.at)
  }
  const security = flagValue(reader, 'security')
  if (security !== undefined && security.text !== 'sandbox') {
    problem(reader, `--security is sandbox, not "${security.text}"`, security.at, 'the service may say privileged')
  }
  return {
    kind: 'run',
    command: commandOf(reader),
    mounts: reader.flags.flatMap(flag => (flag.name === 'mount' ? (mountOf(reader, flag) ?? []) : [])),
    ...(network === undefined ? {} : {network}),
    heredocs: reader.line.heredocs,
  }
}

function mountOf(reader: Reader, {value, at}: Flag): Mount | undefined {
  const fields = (value?.text ?? '').split(',').map(each => each.split(/=(.*)/s))
  const type = types.find(each => each === (fields.find(([key]) => key === 'type')?.[1] ?? 'bind'))
  if (type === undefined)
    return problem(reader, `--mount=${value?.text}: the type is not known`, at, `types are ${types.join(', ')}`)
  const options: Record<string, Raw> = {}
  for (const [key = '', text] of fields) {
    const name = synonyms[key] ?? key
    if (name === 'type') continue
    if (!optionsOf[type].includes(name)) {
      const near = suggest(name, optionsOf[type])
      problem(
        reader,
        `a mount of type ${type} has no "${key}"`,
        at,
        near === undefined ? undefined : `did you mean ${near}?`,
      )
    } else if (text === undefined && !bare.includes(name)) problem(reader, `"${key}" of a mount needs a value`, at)
    else options[name] = {text: text ?? 'true', at}
  }
  if (options.target === undefined && type !== 'secret' && type !== 'ssh') {
    return problem(reader, `a mount of type ${type} needs a target`, at, 'write target=/path')
  }
  return {at, type, options}
}
