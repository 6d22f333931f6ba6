import type {Options, Values} from './command.ts'

export const progressModes = ['auto', 'tty', 'plain', 'json', 'quiet'] as const
export const ansiModes = ['auto', 'never', 'always'] as const
export type ProgressMode = (typeof progressModes)[number]
export type AnsiMode = (typeof ansiModes)[number]

/** Options of every command; they may stand before its name or after it. */
export const globalOptions = {
  file: {
    type: 'string',
    short: 'f',
    value: 'FILE',
    multiple: true,
    description: 'Compose file to read; may be given again, later ones win',
  },
  'project-name': {type: 'string', short: 'p', value: 'NAME', description: 'name of the project'},
  'project-directory': {
    type: 'string',
    value: 'DIR',
    description: 'what relative paths are relative to (default: where the first file is)',
  },
  'env-file': {type: 'string', value: 'FILE', multiple: true, description: 'file of variables to read instead of .env'},
  profile: {type: 'string', value: 'NAME', multiple: true, description: 'switch a profile on'},
  parallel: {
    type: 'integer',
    value: 'N',
    minimum: -1,
    description: 'how many things to do at a time (default: -1, no limit)',
  },
  progress: {type: 'choice', choices: progressModes, description: 'how to show what is done'},
  ansi: {type: 'choice', choices: ansiModes, description: 'whether to use colours and move the cursor'},
  'dry-run': {type: 'boolean', description: 'show what would be done and do nothing'},
  help: {type: 'boolean', short: 'h', description: 'show this help'},
} as const satisfies Options

export type Globals = Values<typeof globalOptions>

/** The program's options that a command has not given another meaning. */
export function globalsBeside(own: Options): Options {
  const letters = new Set(Object.values(own).map(option => option.short))
  const beside: Record<string, Options[string]> = {}
  for (const [name, option] of Object.entries(globalOptions as Options)) {
    if (name in own) continue
    const {short, ...longOnly} = option
    beside[name] = short !== undefined && letters.has(short) ? longOnly : option
  }
  return beside
}
