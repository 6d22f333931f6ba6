import {spawnSync} from 'node:child_process'
import {rmSync} from 'node:fs'
import {afterAll, beforeAll, describe} from 'vitest'
import {parseAddress} from '../../src/engine/api/address.ts'
import {openEngine} from '../../src/engine/select.ts'
import {engineContract} from './engine.ts'

type Peer = {readonly socket: string; stop(): Promise<void>}
type Peers = {dockerd(): Promise<Peer | undefined>}

const isHere = ['dockerd', 'docker'].every(each => spawnSync('which', [each]).status === 0)

/** The real one is the oracle: what our daemon and memory are held to must hold for it. */
describe.runIf(isHere || process.env.STACK_STRICT === '1')('against dockerd', () => {
  let peer: Peer | undefined

  beforeAll(async () => {
    const {dockerd} = (await import('../bench/peers.mjs' as string)) as Peers
    peer = await dockerd()
  }, 60_000)

  afterAll(async () => {
    await peer?.stop()
    rmSync('/run/bench', {recursive: true, force: true})
  }, 60_000)

  engineContract('docker', {
    open: async () => openEngine({address: parseAddress(peer!.socket)}),
    image: 'bench:latest',
    project: 'contract',
    hasKernel: true,
  })
})
