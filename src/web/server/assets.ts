import {readFile} from 'node:fs/promises'

export type Asset = {readonly type: string; readonly content: Uint8Array}
/** By the path of a request. */
export type Assets = Readonly<Record<string, Asset>>

const files = {
  '/': ['page.html', 'text/html'],
  '/page.css': ['page.css', 'text/css'],
  '/page.js': ['page.js', 'text/javascript'],
  '/icon.svg': ['icon.svg', 'image/svg+xml'],
} as const

/** What the build has put beside the bundle. */
export async function readAssets(directory = new URL('./page/', import.meta.url)): Promise<Assets> {
  const read = async ([path, [name, type]]: readonly [string, readonly [string, string]]) =>
    [path, {type: `${type}; charset=utf-8`, content: await readFile(new URL(name, directory))}] as const
  return Object.fromEntries(await Promise.all(Object.entries(files).map(read)))
}
