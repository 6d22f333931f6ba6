import {spawn} from 'node:child_process'
import {errnoOf} from '../base/error.ts'
import {printable} from '../base/foreign.ts'
import {type Found, passwordOf, textOf} from './auth.ts'

/** A helper may ask its user for something. */
const patience = 60_000
const largest = 1024 * 1024

/**
 * Asks `docker-credential-NAME get`: the registry on its stdin, `{"Username", "Secret"}` on its stdout. One that fails
 * gives a problem and no error: many images need no credentials.
 */
export async function askHelper(
  name: string,
  key: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Found> {
  const program = `docker-credential-${name}`
  if (!/^[\w.-]+$/.test(name)) return {problem: `"${name}" is not the name of a credential helper`}
  try {
    const {status, stdout} = await ask(program, key, environment)
    if (status === 0) return understood(program, stdout)
    if (/credentials not found/i.test(stdout)) return {}
    return {problem: `${program} ended with ${status}${stdout.trim() && `: ${printable(stdout)}`}`}
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return {problem: `${program} is configured and not installed`}
    return {problem: `${program}: ${error instanceof Error ? error.message : String(error)}`}
  }
}

function understood(program: string, stdout: string): Found {
  try {
    const answer: unknown = JSON.parse(stdout)
    const [username, secret] = [textOf(answer, 'Username'), textOf(answer, 'Secret')]
    return secret === '' ? {} : {credential: passwordOf(username, secret)}
  } catch {
    return {problem: `${program} gave no JSON`}
  }
}

function ask(program: string, key: string, env: NodeJS.ProcessEnv): Promise<{status: number; stdout: string}> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], {env, stdio: ['pipe', 'pipe', 'ignore']})
    const giveUp = (why: string) => {
      child.kill('SIGKILL')
      reject(new Error(why))
    }
    const timer = setTimeout(() => giveUp('no answer within a minute'), patience)
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      stdout += part
      if (stdout.length > largest) giveUp('its answer has no end')
    })
    child.once('error', error => {
      clearTimeout(timer)
      reject(error)
    })
    child.once('close', code => {
      clearTimeout(timer)
      resolve({status: code ?? 128, stdout})
    })
    child.stdin.on('error', () => undefined).end(key)
  })
}
