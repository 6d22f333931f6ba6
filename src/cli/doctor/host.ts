import {spawnSync} from 'node:child_process'
import {accessSync, constants, existsSync, readFileSync} from 'node:fs'
import {delimiter, dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {gunzipSync} from 'node:zlib'
import type {Host} from './finding.ts'

const limits = {timeout: 5000, maxBuffer: 64 * 1024 ** 2}

/** This host. */
export function thisHost(environment: NodeJS.ProcessEnv): Host {
  return {
    read,
    exists: existsSync,
    canWrite,
    find: program =>
      (environment.PATH ?? '')
        .split(delimiter)
        .map(each => join(each, program))
        .find(isExecutable),
    run: (program, words) => {
      const {status, stdout} = spawnSync(program, words, {env: environment, encoding: 'utf8', ...limits, stdio: 'pipe'})
      return status === 0 ? stdout : undefined
    },
    nodeVersion: process.versions.node,
    // Bundled, this file is in dist/, beside build/.
    buildDirectory: fileURLToPath(new URL('../build', import.meta.url)),
    stateDirectory: environment.STACK_STATE_DIR ?? '/var/lib/stack',
    runDirectory: environment.STACK_RUN_DIR ?? '/run/stack',
  }
}

function read(path: string): string | undefined {
  try {
    const content = readFileSync(path)
    return (path.endsWith('.gz') ? gunzipSync(content) : content).toString('utf8')
  } catch {
    return undefined
  }
}

/** What is not there yet can be made where its nearest directory can be written. */
function canWrite(path: string): boolean {
  if (!existsSync(path)) return path !== '/' && canWrite(dirname(path))
  return isAllowed(path, constants.W_OK)
}

const isExecutable = (path: string): boolean => isAllowed(path, constants.X_OK)

function isAllowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}
