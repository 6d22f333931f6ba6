import {existsSync, linkSync, mkdirSync, rmSync} from 'node:fs'
import {join} from 'node:path'
import type {HostConfig} from '../../model/container.ts'
import type {MonitorStep} from '../monitor/program.ts'
import type {Paths} from '../paths.ts'

const name = 'docker.sock'
/** Where the directory is in a container. */
const inside = '/run/stack-api'
const wellKnown = `/var/run/${name}`

type Places = Pick<Paths, 'socket' | 'apiDirectory'>

/**
 * The directory is bound and not the socket: a daemon that comes after another makes a new socket, which a bound file
 * would not follow.
 */
export const apiSocketSteps = ({apiSocket}: HostConfig, directory: string): MonitorStep[] =>
  apiSocket
    ? [
        ['bind', directory, inside, 'ro,private'],
        ['symlink', `${inside}/${name}`, wellKnown],
      ]
    : []

/** Gives the daemon's socket its other name, before the first container that is given it starts. */
export function offerApiSocket({socket, apiDirectory}: Places): void {
  if (existsSync(join(apiDirectory, name))) return
  mkdirSync(apiDirectory, {recursive: true, mode: 0o700})
  linkSync(socket, join(apiDirectory, name))
}

/** A new socket takes the place of the old one for containers that have it. */
export function renewApiSocket(places: Places): void {
  if (!existsSync(places.apiDirectory)) return
  rmSync(join(places.apiDirectory, name), {force: true})
  offerApiSocket(places)
}

/** Nobody has it any more. */
export function withdrawApiSocket({apiDirectory}: Places): void {
  rmSync(apiDirectory, {recursive: true, force: true})
}
