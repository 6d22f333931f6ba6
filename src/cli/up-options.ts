import type {Options, Values} from './command.ts'
import {timeoutOption} from './grace.ts'
import {parse, usage} from './parse.ts'

export const upOptions = {
  'abort-on-container-exit': {type: 'boolean', description: 'stop all when a container ends, and end with its code'},
  'abort-on-container-failure': {
    type: 'boolean',
    description: 'stop all when a container fails, and end with its code',
  },
  'always-recreate-deps': {type: 'boolean', description: 'make the services that are depended on anew, too'},
  attach: {type: 'string', value: 'SERVICE', multiple: true, description: 'show the output of only these'},
  'attach-dependencies': {type: 'boolean', description: 'show the output of the services that are depended on, too'},
  build: {type: 'boolean', description: 'build images before, whether they are here or not'},
  detach: {type: 'boolean', short: 'd', description: 'leave them running in the background'},
  'exit-code-from': {
    type: 'string',
    value: 'SERVICE',
    description: 'end with the code of this service; stops all when a container ends',
  },
  'force-recreate': {type: 'boolean', description: 'make all containers anew although nothing changed'},
  'no-attach': {type: 'string', value: 'SERVICE', multiple: true, description: 'do not show the output of these'},
  'no-build': {type: 'boolean', description: 'never build an image'},
  'no-color': {type: 'boolean', description: 'no colours in the output of containers'},
  'no-deps': {type: 'boolean', description: 'without the services that are depended on'},
  'no-log-prefix': {type: 'boolean', description: 'no name in front of each line of output'},
  'no-recreate': {type: 'boolean', description: 'leave containers as they are although something changed'},
  'no-start': {type: 'boolean', description: 'make them, but start nothing'},
  pull: {
    type: 'choice',
    choices: ['policy', 'always', 'missing', 'never'],
    description: 'when to fetch images (default: policy, as the file says)',
  },
  'quiet-build': {type: 'boolean', description: 'build images without showing the steps'},
  'quiet-pull': {type: 'boolean', description: 'fetch images without showing how far it is'},
  'remove-orphans': {type: 'boolean', description: 'remove containers of services that the file does not have'},
  'renew-anon-volumes': {type: 'boolean', short: 'V', description: 'give new containers new anonymous volumes'},
  scale: {type: 'string', value: 'SERVICE=N', multiple: true, description: 'run this many of a service'},
  timeout: timeoutOption,
  timestamps: {type: 'boolean', description: 'with the time of each line of output'},
  wait: {type: 'boolean', description: 'until all are running or healthy; implies --detach'},
  'wait-timeout': {type: 'integer', value: 'SECONDS', description: 'how long to wait at most'},
  watch: {
    type: 'boolean',
    short: 'w',
    description: 'bring changes of files into the containers, as the file says under develop',
  },
  yes: {type: 'boolean', short: 'y', description: 'answer every question with yes'},
} as const satisfies Options

export type UpValues = Values<typeof upOptions>

/** As where no option was given. */
export const upDefaults = (): UpValues => parse([], upOptions).values as UpValues

type Rule = readonly [option: keyof UpValues, excluded: readonly (keyof UpValues)[]]

const watching = [
  'abort-on-container-exit',
  'abort-on-container-failure',
  'exit-code-from',
  'attach',
  'attach-dependencies',
] as const

/** What cannot be asked for together, as docker compose has it. */
const rules: readonly Rule[] = [
  ['detach', [...watching, 'watch']],
  ['wait', [...watching, 'watch']],
  ['no-start', ['watch']],
  ['abort-on-container-exit', ['abort-on-container-failure']],
  ['build', ['no-build']],
  ['no-recreate', ['force-recreate', 'renew-anon-volumes', 'always-recreate-deps']],
]

export function checkUpOptions(values: UpValues): void {
  for (const [option, excluded] of rules) {
    const other = excluded.find(each => isGiven(values[each]))
    if (isGiven(values[option]) && other !== undefined) throw usage(`--${option} and --${other} exclude each other`)
  }
  if ((values['wait-timeout'] ?? 0) < 0) throw usage('option --wait-timeout is at least 0')
}

const isGiven = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false

/** `web=3` and the like, by service. */
export function parseScales(texts: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    texts.map(text => {
      const match = /^([^=]+)=(\d+)$/.exec(text)
      if (match === null) throw usage(`"${text}" says no scale`, 'web=3')
      return [match[1]!, Number(match[2])]
    }),
  )
}
