import {createInterface} from 'node:readline/promises'
import type {Io} from './context.ts'

/** A question whose answer is no, unless somebody is there who says yes. */
export async function ask({stdin, stderr}: Io, question: string): Promise<boolean> {
  if (stdin.isTTY !== true) return false
  const lines = createInterface({input: stdin, output: stderr})
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim())
  } finally {
    lines.close()
  }
}
