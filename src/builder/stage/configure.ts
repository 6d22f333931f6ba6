import {join} from 'node:path/posix'
import type {ImageConfig} from '../../model/image.ts'
import type {Command, Instruction} from '../dockerfile/instruction.ts'
import {failureAt} from '../failure.ts'
import {environmentOf, expanded, type State} from './state.ts'

const defaultShell = ['/bin/sh', '-c']

export const shellOf = ({config}: State): readonly string[] => config.shell ?? defaultShell

export const wordsFor = (state: State, command: Command): readonly string[] =>
  'exec' in command ? command.exec : [...shellOf(state), command.shell]

/** Values of ARG: those of the request, and those of the whole file. */
export type Arguments = {
  readonly given: Readonly<Record<string, string>>
  readonly inherited: ReadonlyMap<string, string>
}

/** Instructions that change how an image runs and none of its files; undefined for others. */
export function configured(state: State, instruction: Instruction, {given, inherited}: Arguments): State | undefined {
  const {config} = state
  const set = (change: Partial<ImageConfig>): State => ({...state, config: {...config, ...change}})
  switch (instruction.kind) {
    case 'env': {
      const env = environmentOf(state)
      // All of one line see what was before it.
      for (const {name, value} of instruction.pairs) env.set(expanded(state, name), expanded(state, value))
      return set({env: [...env].map(([name, value]) => `${name}=${value}`)})
    }
    case 'label': {
      const pairs = instruction.pairs.map(({name, value}) => [expanded(state, name), expanded(state, value)])
      return set({labels: {...config.labels, ...Object.fromEntries(pairs)}})
    }
    case 'arg':
      return instruction.names.reduce(
        (before, {name, value}) =>
          withArg(before, name, given[name] ?? (value && expanded(before, value)) ?? inherited.get(name)),
        state,
      )
    case 'user':
      return set({user: expanded(state, instruction.value)})
    case 'stopsignal':
      return set({stopSignal: expanded(state, instruction.value)})
    case 'maintainer':
      return {...state, author: instruction.value.text}
    case 'cmd':
      return {...set({cmd: wordsFor(state, instruction.command)}), hasOwnCmd: true}
    case 'entrypoint':
      // A base's command was meant for the base's entrypoint.
      return set({entrypoint: wordsFor(state, instruction.command), ...(state.hasOwnCmd ? {} : {cmd: []})})
    case 'shell':
      return set({shell: instruction.words})
    case 'expose': {
      const ports = instruction.words.flatMap(word =>
        portsOf(expanded(state, word), () => failureAt(word.at, `"${word.text}" is no port`)),
      )
      return set({exposedPorts: [...new Set([...config.exposedPorts, ...ports])]})
    }
    case 'volume': {
      const paths = instruction.words.map(word => join('/', expanded(state, word)))
      return set({volumes: [...new Set([...config.volumes, ...paths])]})
    }
    case 'healthcheck':
      return set({healthcheck: healthcheckOf(instruction.check)})
    case 'onbuild':
      return {...state, onBuild: [...state.onBuild, instruction.trigger]}
    default:
      return undefined
  }
}

function withArg(state: State, name: string, value: string | undefined): State {
  return value === undefined ? state : {...state, args: new Map([...state.args, [name, value]])}
}

function portsOf(text: string, wrong: () => Error): string[] {
  return text.split(/\s+/).flatMap(each => {
    const [, first, last = first, protocol = 'tcp'] = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/i.exec(each) ?? []
    const [from, to] = [Number(first), Number(last)]
    if (first === undefined || from < 1 || to > 65535 || to < from) throw wrong()
    return Array.from({length: to - from + 1}, (_, index) => `${from + index}/${protocol.toLowerCase()}`)
  })
}

function healthcheckOf(
  check: Extract<Instruction, {kind: 'healthcheck'}>['check'],
): NonNullable<ImageConfig['healthcheck']> {
  if (check === 'none') return {test: ['NONE']}
  const {command, ...rest} = check
  return {test: 'exec' in command ? ['CMD', ...command.exec] : ['CMD-SHELL', command.shell], ...rest}
}
