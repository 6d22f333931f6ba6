import type {Diagnostic} from '../base/diagnostic.ts'
import type {Canonical} from './canonical-form.ts'
import type {ServiceCheck, Tell} from './checks/check.ts'
import {checkContainerNames, checkDependencies} from './checks/dependencies.ts'
import {checkBlockIo, checkDevices} from './checks/devices.ts'
import {checkHooks} from './checks/hooks.ts'
import {checkIsolation} from './checks/isolation.ts'
import {checkKernel} from './checks/kernel.ts'
import {checkLogging} from './checks/logging.ts'
import {checkMountPlaces, checkMountValues} from './checks/mounts.ts'
import {checkNetworkLimits} from './checks/network-limits.ts'
import {checkHostPorts, checkPublishing} from './checks/ports.ts'
import {checkProvider} from './checks/provider.ts'
import {checkReferences} from './checks/references.ts'
import {checkResources} from './checks/resources.ts'
import {
  checkDeviceRequests,
  checkLimits,
  checkPorts,
  checkPull,
  checkScale,
  checkService,
  checkWatch,
} from './checks/services.ts'
import {nearest} from './path.ts'
import {problem, type Report} from './problem.ts'
import type {Switched} from './profiles.ts'
import type {MapTree, Tree} from './tree.ts'

/** What is wrong with a value wherever it stands. */
const valueChecks: readonly ServiceCheck[] = [checkPorts, checkDeviceRequests, checkMountValues]
/** What must agree with something else. */
const consistencyChecks: readonly ServiceCheck[] = [
  checkService,
  checkReferences,
  checkScale,
  checkLimits,
  checkMountPlaces,
  checkDevices,
  checkBlockIo,
  checkIsolation,
  checkKernel,
  checkHooks,
  checkLogging,
  checkNetworkLimits,
  checkPull,
  checkProvider,
  checkPublishing,
  checkWatch,
]

export type Checking = {
  readonly model: Canonical
  readonly written: MapTree
  readonly switched: Switched
  /** What is known to be wrong already. */
  readonly problems: readonly Diagnostic[]
  readonly report: Report
  /** Only values: whether things agree with each other is not asked. */
  readonly valuesOnly: boolean
}

/** What no schema can say: things that must agree with each other. */
export function check({model, written, switched, problems, report, valuesOnly}: Checking): void {
  const earlier = problems.filter(each => each.severity === 'error')
  const tell: Tell = (code, path, {message, hint}) => {
    const {value, key} = nearest(written, path)
    const at = code === 'bad-value' ? value.at : key
    // What seems to be missing may have been written and refused.
    if (code === 'missing-key' && earlier.some(each => isInside(each, nearest(written, path).value))) return
    report(problem(code, message, {at, hint}))
  }
  for (const [name, service] of Object.entries(model.services)) {
    for (const rule of valuesOnly ? valueChecks : [...valueChecks, ...consistencyChecks])
      rule(name, service, {model, tell})
  }
  checkResources(model, tell)
  if (valuesOnly) return
  checkDependencies(model, switched, tell)
  checkContainerNames(switched, tell)
  checkHostPorts(switched, tell)
}

const isInside = ({at}: Diagnostic, tree: Tree): boolean =>
  at !== undefined && at.file === tree.at.file && at.start >= tree.at.start && at.end <= tree.at.end
