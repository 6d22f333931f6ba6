import type {Hook, Service} from '../model/project.ts'
import {label} from './labels.ts'

export type Hooks = Pick<Service, 'postStart' | 'preStop'>

/** The label that says what a container's hooks are; none where it has none. */
export function hookLabel({postStart, preStop}: Hooks): Record<string, string> {
  if (postStart === undefined && preStop === undefined) return {}
  return {[label.hooks]: JSON.stringify({postStart, preStop})}
}

/** What `hookLabel` wrote. Something else, which only another program can have put there, is no hook. */
export function hooksOf(labels: Readonly<Record<string, string>>): {
  postStart: readonly Hook[]
  preStop: readonly Hook[]
} {
  const text = labels[label.hooks]
  const found = text === undefined ? undefined : parsed(text)
  return {postStart: hooksIn(found, 'postStart'), preStop: hooksIn(found, 'preStop')}
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function hooksIn(value: unknown, key: string): readonly Hook[] {
  const list = isRecord(value) ? value[key] : undefined
  return Array.isArray(list) ? list.filter(isHook) : []
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const isHook = (value: unknown): value is Hook =>
  isRecord(value) && Array.isArray(value.command) && value.command.length > 0 && isRecord(value.environment)
