import {StackError} from '../../base/error.ts'
import {rulesFor} from '../../dev/session.ts'
import type {Project} from '../../model/project.ts'
import {apply, showPlan} from '../apply.ts'
import {command} from '../command.ts'
import {interruptedCode} from '../interrupts.ts'
import {upDefaults} from '../up-options.ts'
import {planFor} from '../up-plan.ts'
import {printerFor, watchStack} from '../watch-stack.ts'

export const watch = command({
  summary: 'Bring changes of files into running containers',
  usage: 'watch [OPTIONS] [SERVICE...]',
  details:
    'Starts the services as "stack up -d" does, and then does what the rules under "develop: watch:" say whenever files change, until Ctrl-C, which leaves the containers running. A change of the Compose file, or of a file that it names, is planned, shown and done.',
  options: {
    'no-up': {type: 'boolean', description: 'start nothing first'},
    quiet: {type: 'boolean', description: 'say only what goes wrong'},
    prune: {type: 'boolean', default: true, description: 'remove images that a rebuild replaced (default: true)'},
  },
  async run({values, operands: services, context}) {
    const upValues = upDefaults()
    const planned = await planFor(context, upValues, services)
    const {project} = planned
    if (rulesOf(project, services).length === 0) throw nothingToWatch(project)
    if (context.settings.dryRun) {
      const report = printerFor(context, project)
      for (const {service, action, path, target} of rulesFor(rulesOf(project, services), report)) {
        report({kind: 'watching', service, action, path, target})
      }
      if (!values['no-up']) await showPlan(context, planned.plan)
      return 0
    }
    if (!values['no-up']) await apply(context, planned.plan, {title: 'up'})
    const {signal, stop} = context.io.interrupts.abortSignal()
    try {
      await watchStack(context, {planned, values: upValues, services, signal, quiet: values.quiet, prune: values.prune})
      return interruptedCode
    } finally {
      stop()
    }
  },
})

const rulesOf = ({services}: Project, named: readonly string[]) =>
  Object.values(services).filter(({name, watch}) => watch !== undefined && (named.length === 0 || named.includes(name)))

const nothingToWatch = ({name}: Project) =>
  new StackError('usage', `none of these services of "${name}" says what to watch`, {
    hint: 'write under the service: develop: {watch: [{action: sync, path: ./src, target: /app/src}]}',
  })
