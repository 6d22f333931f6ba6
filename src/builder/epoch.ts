import {lstatSync, readdirSync} from 'node:fs'
import {lutimes} from 'node:fs/promises'
import {join} from 'node:path'
import {StackError} from '../base/error.ts'
import type {RunResult} from './request.ts'

/** What SOURCE_DATE_EPOCH says, in milliseconds: the latest time that an image built with it tells. */
export function epochOf({SOURCE_DATE_EPOCH: text}: Readonly<Record<string, string>>): number | undefined {
  if (text === undefined || text === '') return undefined
  if (/^\d{1,11}$/.test(text)) return Number(text) * 1000
  throw new StackError('build-failed', `SOURCE_DATE_EPOCH is a number of seconds, not "${text}"`)
}

export const momentOf = (epoch: number | undefined): number => epoch ?? Date.now()

/** Of what a step wrote, nothing is younger. */
export async function agedTo(epoch: number | undefined, changed: RunResult['changed']): Promise<void> {
  if (epoch !== undefined) for (const {directory} of changed) await aged(directory, epoch / 1000)
}

async function aged(path: string, seconds: number): Promise<void> {
  const stats = lstatSync(path)
  if (stats.isDirectory()) for (const name of readdirSync(path)) await aged(join(path, name), seconds)
  if (stats.mtimeMs > seconds * 1000) await lutimes(path, seconds, seconds)
}
