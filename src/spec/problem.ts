import type {Diagnostic, Span} from '../base/diagnostic.ts'

/** Told of every problem as it is found; nothing stops at the first. */
export type Report = (problem: Diagnostic) => void

export function problem(
  code: Code,
  message: string,
  place: {readonly at?: Span; readonly hint?: string | undefined} = {},
): Diagnostic {
  return make('error', code, message, place)
}

export function warning(
  code: Code,
  message: string,
  place: {readonly at?: Span; readonly hint?: string | undefined} = {},
): Diagnostic {
  return make('warning', code, message, place)
}

function make(
  severity: Diagnostic['severity'],
  code: Code,
  message: string,
  {at, hint}: {readonly at?: Span; readonly hint?: string | undefined},
): Diagnostic {
  return {severity, code, message, ...(at === undefined ? {} : {at}), ...(hint === undefined ? {} : {hint})}
}

/** Every code a diagnostic can have; docs/errors.md has a line for each. */
export const codes = {
  'alias-cycle': 'an alias stands inside the value that it names',
  'alias-limit': 'aliases expand to more than 100,000 values',
  'bad-value': 'a value is not one of those that are understood here',
  'circular-extends': 'services extend each other in a circle',
  'circular-include': 'files include each other in a circle',
  conflict: 'two attributes, or two services, contradict each other',
  'dependency-cycle': 'services wait for each other in a circle',
  'duplicate-key': 'the same key stands twice in one map',
  'empty-file': 'there is nothing in the file',
  'file-not-found': 'a file that is named in the Compose file is not there',
  interpolation: 'a variable cannot be understood, or a required variable is missing',
  'missing-key': 'a required attribute is not there',
  'non-string-key': 'a key is a number, a boolean or null: put it in quotes',
  obsolete: 'an attribute that has no meaning any more',
  'project-name': 'the name of the project cannot be used',
  'undefined-reference': 'something is named that the file does not define',
  'undefined-variable': 'a variable without a value became the empty text',
  'unknown-key': 'an attribute that the Compose Specification does not have',
  'unknown-tag': 'a YAML tag other than !reset and !override',
  unsupported: 'an attribute that stack does not honour yet',
  'yaml-syntax': 'the file is not valid YAML',
  'env-syntax': 'a line of an environment file cannot be understood',
} as const

export type Code = keyof typeof codes
