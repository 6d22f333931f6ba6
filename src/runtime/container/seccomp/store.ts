import {existsSync} from 'node:fs'
import {mkdir} from 'node:fs/promises'
import {release} from 'node:os'
import {join} from 'node:path'
import {StackError} from '../../../base/error.ts'
import {writeWhole} from '../../../base/file.ts'
import {sha256} from '../../../base/hash.ts'
import type {CapabilityMask} from '../capabilities.ts'
import {parseProfile} from './custom.ts'
import {customFilter, seccompFilter} from './filter.ts'
import type {Architecture} from './numbers.ts'
import type {ProfileOptions} from './profile.ts'

/** Filters as files, `seccomp/<hash>.bpf`: made at first use, one for each set of capabilities, shared by all. */
export class SeccompStore {
  readonly #directory: string
  readonly #made = new Map<string, Promise<string>>()

  constructor(stateDirectory: string) {
    this.#directory = join(stateDirectory, 'seccomp')
  }

  /** Path of the filter. */
  pathOf(options: ProfileOptions): Promise<string> {
    const key = `${options.capabilities.toString(16)} ${options.mayMakeDevices}`
    return this.#once(key, () => seccompFilter(thisArchitecture(), options))
  }

  /** The same for a profile of the user's, as JSON. */
  pathOfProfile(profile: string, capabilities: CapabilityMask): Promise<string> {
    const circumstances = {architecture: thisArchitecture(), capabilities, kernel: release()}
    return this.#once(`${capabilities.toString(16)} ${sha256(profile)}`, () =>
      customFilter(parseProfile(profile), circumstances),
    )
  }

  #once(key: string, program: () => Buffer): Promise<string> {
    const made = this.#made.get(key) ?? this.#make(program)
    this.#made.set(key, made)
    made.catch(() => this.#made.delete(key))
    return made
  }

  async #make(compile: () => Buffer): Promise<string> {
    const program = compile()
    const path = join(this.#directory, `${sha256(program).slice(0, 16)}.bpf`)
    if (existsSync(path)) return path
    await mkdir(this.#directory, {recursive: true, mode: 0o700})
    await writeWhole(path, program)
    return path
  }
}

function thisArchitecture(): Architecture {
  if (process.arch === 'x64' || process.arch === 'arm64') return process.arch
  throw new StackError('unsupported', `no seccomp filter for ${process.arch}`, {
    hint: 'set security_opt: [seccomp=unconfined]',
  })
}
