import {basename} from 'node:path/posix'
import type {Diagnostic} from '../base/diagnostic.ts'
import {problem} from './problem.ts'
import {type Lookup, substitute} from './template.ts'
import {get, type MapTree, type Tree} from './tree.ts'

export type Named = {readonly name: string; readonly problem?: Diagnostic}

const valid = /^[a-z0-9][a-z0-9_-]*$/
const rule = 'a project name is made of lower-case letters, digits, - and _, and starts with a letter or digit'

/** What is asked for, else what the last file says, else the directory's name made fit. */
export function projectName(
  asked: string | undefined,
  documents: readonly MapTree[],
  {directory, lookup}: {readonly directory: string; readonly lookup: Lookup},
): Named {
  if (asked !== undefined && asked !== '') return checked(asked, undefined)
  const written = documents
    .map(each => get(each, 'name'))
    .findLast(each => each?.kind === 'scalar' && typeof each.value === 'string')
  if (written?.kind === 'scalar') {
    const name = substitute(String(written.value), lookup).value
    if (name !== '') return checked(name, written)
  }
  const fitted = fitName(basename(directory))
  if (fitted !== '') return {name: fitted}
  const message = `no project name can be made of the directory ${directory}`
  return {name: '', problem: problem('project-name', message, {hint: 'say one with -p, or as "name:" in the file'})}
}

function checked(name: string, written: Tree | undefined): Named {
  if (valid.test(name)) return {name}
  const place = written === undefined ? {hint: rule} : {at: written.at, hint: rule}
  return {name, problem: problem('project-name', `"${name}" cannot be the name of a project`, place)}
}

export const fitName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '')
