import {type Path, renderPath} from '../path.ts'
import {problem, type Report} from '../problem.ts'
import type {Tree} from '../tree.ts'

export type FormContext = {readonly path: Path; readonly report: Report}
/** Brings a value into its one long form; what cannot be understood is reported and becomes undefined. */
export type Form = (tree: Tree, context: FormContext) => Tree | undefined

export function refuse(tree: Tree, message: string, context: FormContext, hint?: string): undefined {
  context.report(problem('bad-value', `${renderPath(context.path)}: ${message}`, {at: tree.at, hint}))
}

/** The form of every item; an item may become several or none. */
export function each(form: (tree: Tree, context: FormContext) => Tree | readonly Tree[] | undefined): Form {
  return (tree, context) => {
    if (tree.kind !== 'list') return tree
    const items = tree.items.flatMap((item, index) => form(item, {...context, path: [...context.path, index]}) ?? [])
    return {...tree, items}
  }
}
