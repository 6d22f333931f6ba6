import {problem, warning} from './problem.ts'
import {type Tell, unsupported, type ValueCheck} from './support-check.ts'
import {itemsOf, type Tree, textOf} from './tree.ts'

/** Values of the attributes that say how far a service is shut off. */
export const isolationChecks: Readonly<Record<string, ValueCheck>> = {
  pid: oneOf(/^(?:|host|service:.+|container:.+)$/, 'host, service:NAME or container:NAME'),
  ipc: oneOf(
    /^(?:|host|private|shareable|none|service:.+|container:.+)$/,
    'host, private, shareable, none, service:NAME or container:NAME',
  ),
  uts: oneOf(/^(?:|host|service:.+|container:.+)$/, 'host, service:NAME or container:NAME'),
  cgroup: oneOf(/^(?:|host|private)$/, 'host or private'),
  cgroup_parent: oneOf(/^(?!(?:.*\/)?\.\.(?:\/|$))[^\0\n]*$/, 'a path without ".."'),
  userns_mode: oneOf(/^(?:|host)$/, 'host', 'user namespaces are not set up yet: every container has the host’s'),
  runtime: oneOf(/^(?:|runc|io\.containerd\.runc\.v2)$/, 'runc', 'containers run under stack’s own monitor'),
  isolation: (tree, {where, report}) => {
    if (['', 'default'].includes(textOf(tree) ?? '')) return
    report(unsupported(warning, `${where} has no effect`, {at: tree.at, hint: 'it is for Windows'}))
  },
  security_opt: (tree, tell) => {
    itemsOf(tree).forEach((item, index) => {
      checkSecurityOption(item, {...tell, where: `${tell.where}[${index}]`})
    })
  },
}

function oneOf(pattern: RegExp, values: string, hint?: string): ValueCheck {
  return (tree, {where, report}) => {
    if (pattern.test(textOf(tree) ?? '')) return
    report(unsupported(problem, `${where} must be ${values}`, {at: tree.at, ...(hint === undefined ? {} : {hint})}))
  }
}

const understood = [
  /^no-new-privileges(?:[:=](?:true|false))?$/,
  /^seccomp[:=]./,
  /^systempaths[:=]unconfined$/,
  /^unmask[:=](?:ALL|\/[^:]*(?::\/[^:]*)*)$/i,
  /^apparmor[:=]./,
  /^label[:=]./,
]

function checkSecurityOption(item: Tree, {where, context, report}: Tell): void {
  const text = textOf(item) ?? ''
  if (!understood.some(each => each.test(text))) {
    const hint = 'options are no-new-privileges, seccomp=, apparmor=, label=, systempaths=unconfined and unmask=PATHS'
    report(unsupported(problem, `${where}: "${text}" is not an option that is understood`, {at: item.at, hint}))
  }
  const {securityModules: active} = context
  if (active === undefined) return
  if (/^apparmor[:=](?!unconfined$|docker-default$)/.test(text) && !active.includes('apparmor')) {
    report(unsupported(warning, `${where} has no effect: AppArmor is not active here`, {at: item.at}))
  }
  if (!/^label[:=](?!disable$)/.test(text)) return
  if (!active.includes('selinux')) {
    report(unsupported(warning, `${where} has no effect: SELinux is not active here`, {at: item.at}))
  } else
    report(unsupported(problem, `${where}: labels of SELinux are not set`, {at: item.at, hint: 'use label=disable'}))
}
