import {readdirSync, readFileSync, statSync} from 'node:fs'
import {relative} from 'node:path'
import {writeWhole} from '../../base/file.ts'
import {type Declined, isOffer, type Offer, offersFor} from '../../dev/offers.ts'
import type {Project} from '../../model/project.ts'
import {withWatchRules} from '../../spec/edit.ts'
import {printYaml} from '../../spec/yaml.ts'
import {ask} from '../ask.ts'
import type {Context} from '../context.ts'

/** Shows the rules that services lack, and writes them into the Compose file where that is agreed to. */
export async function initDev(context: Context, services: readonly string[], {yes}: {yes: boolean}): Promise<number> {
  const project = await context.project(services)
  const all = offersOf(project, services)
  for (const each of all) if (!isOffer(each)) context.io.stderr.write(`${each.service}: nothing to add: ${each.why}\n`)
  const offers = all.filter(isOffer)
  if (offers.length === 0) return 0
  const edits = editsFor(project, offers)
  context.print(offers.map(shown).join(''))
  for (const each of edits.refused) {
    context.io.stderr.write(`${each}: the file does not have it as a plain map: add these lines by hand\n`)
  }
  if (edits.files.size === 0) return 1
  const names = [...edits.files.keys()].map(path => relative(context.io.directory, path)).join(', ')
  if (context.settings.dryRun) return 0
  if (!(yes || (await ask(context.io, `write this into ${names}?`)))) {
    context.io.stderr.write('nothing is written; --yes writes it\n')
    return 0
  }
  for (const [path, text] of edits.files) await writeWhole(path, text, statSync(path).mode & 0o777)
  context.io.stderr.write(`${names} ${edits.files.size === 1 ? 'is' : 'are'} written\n`)
  return edits.refused.length > 0 ? 1 : 0
}

export function offersOf(project: Project, named: readonly string[]): readonly (Offer | Declined)[] {
  const services = Object.values(project.services).filter(({name}) => named.length === 0 || named.includes(name))
  return services.flatMap(each => offersFor(each, {directory: project.workingDirectory, names}))
}

/** A line for each service that lacks a rule. */
export const hintsFor = (project: Project, named: readonly string[]): readonly string[] =>
  offersOf(project, named)
    .filter(isOffer)
    .map(({service, language, rule}) => {
      return `${service} is not started again when ${rule.path} (${language}) changes: stack dev --init offers a rule`
    })

const shown = ({service, language, target, rule}: Offer): string =>
  `# ${rule.path}, a ${language} program, is mounted at ${target} and is not started again when it changes\n${printYaml(
    {
      services: {[service]: {develop: {watch: [{...rule, ignore: [...rule.ignore]}]}}},
    },
  )}`

type Edits = {readonly files: ReadonlyMap<string, string>; readonly refused: readonly string[]}

/** The last of the files that has a service gets its rules. */
function editsFor(project: Project, offers: readonly Offer[]): Edits {
  const files = new Map<string, string>()
  const refused: string[] = []
  for (const service of new Set(offers.map(each => each.service))) {
    const rules = offers.filter(each => each.service === service).map(({rule}) => rule)
    const edited = project.files.toReversed().flatMap(path => {
      const text =
        path === '-' ? undefined : withWatchRules(files.get(path) ?? readFileSync(path, 'utf8'), service, rules)
      return text === undefined ? [] : [{path, text}]
    })[0]
    if (edited === undefined) refused.push(service)
    else files.set(edited.path, edited.text)
  }
  return {files, refused}
}

function names(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}
