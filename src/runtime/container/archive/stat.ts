import type {Stats} from 'node:fs'
import {lstat, readlink} from 'node:fs/promises'
import {posix} from 'node:path'
import {errnoOf, StackError} from '../../../base/error.ts'
import {type HeldRoot, type Inside, inWords, openDirectory} from './root.ts'

/** What is at a path, not followed if it is a link, and the directory that it stands in, which the caller closes. */
export type Located = {
  readonly parent: Inside
  readonly name: string
  readonly stats: Stats
  readonly linkTarget: string
}

/** Errors: not-found, bad-request. A path that ends with `/` or `/.` means what a link leads to. */
export async function locate(root: HeldRoot, path: string): Promise<Located> {
  const whole = posix.normalize(`/${path}`)
  const isFollowed = /\/\.?$/.test(path) || whole === '/'
  const name = isFollowed ? '.' : posix.basename(whole)
  const parent = await openDirectory(root, isFollowed ? whole : posix.dirname(whole), path)
  try {
    const stats = await lstat(`${parent.path}/${name}`)
    const linkTarget = stats.isSymbolicLink() ? await readlink(`${parent.path}/${name}`) : ''
    return {parent, name, stats, linkTarget}
  } catch (error) {
    parent.close()
    throw inWords(error, path)
  }
}

export async function exists(root: HeldRoot, path: string): Promise<boolean> {
  try {
    ;(await locate(root, path)).parent.close()
    return true
  } catch (error) {
    if (error instanceof StackError && error.code === 'not-found') return false
    throw error
  }
}

/** Also by a link that leads to one. Errors: not-found. */
export async function isDirectory(root: HeldRoot, path: string): Promise<boolean> {
  try {
    ;(await openDirectory(root, path)).close()
    return true
  } catch (error) {
    if (error instanceof StackError && errnoOf(error.cause) === 'ENOTDIR') return false
    throw error
  }
}
