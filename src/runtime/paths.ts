import {join} from 'node:path'
import {sha256} from '../base/hash.ts'

/** Where everything is; `state` survives a reboot, `run` does not. */
export type Paths = ReturnType<typeof pathsOf>

export function pathsOf({state, run}: {state: string; run: string}) {
  return {
    state,
    run,
    socket: join(run, 'stack.sock'),
    /** A directory with nothing but another name of the socket, for containers that are given it. */
    apiDirectory: join(run, 'api'),
    images: join(state, 'images'),
    containers: join(state, 'containers'),
    networks: join(state, 'networks'),
    volumes: join(state, 'volumes'),
    netnsDirectory: join(run, 'netns'),
    /** Of the mount namespace that `netnsDirectory` is in. */
    pins: join(run, 'pins', 'mounts'),
    runContainers: join(run, 'containers'),
    daemonLog: join(state, 'daemon.log'),
    /** The abstract socket that the daemon of this run directory holds. */
    daemonLock: `stack-daemon-${sha256(run).slice(0, 16)}`,
    /** The one that makes a single monitor of many wake a daemon. */
    wakeLock: `stack-wake-${sha256(run).slice(0, 16)}`,
    container: (id: string) => ({
      directory: join(state, 'containers', id),
      config: join(state, 'containers', id, 'config.json'),
      upper: join(state, 'containers', id, 'upper'),
      work: join(state, 'containers', id, 'work'),
      files: join(state, 'containers', id, 'files'),
      log: join(state, 'containers', id, 'log'),
      exit: join(state, 'containers', id, 'exit'),
      error: join(state, 'containers', id, 'error'),
      runDirectory: join(run, 'containers', short(id)),
      control: join(run, 'containers', short(id), 'control.sock'),
      pid: join(run, 'containers', short(id), 'pid'),
      netns: join(run, 'netns', short(id)),
      network: join(state, 'containers', id, 'network.json'),
    }),
    volume: (name: string) => ({
      directory: join(state, 'volumes', name),
      record: join(state, 'volumes', name, 'volume.json'),
      data: join(state, 'volumes', name, '_data'),
      /** Of one that is mounted: not below what is deleted with the volume. */
      mount: join(run, 'volumes', name),
    }),
    network: (id: string) => join(state, 'networks', `${id}.json`),
    /** Addresses of its services. */
    networkServices: (id: string) => join(state, 'networks', `${id}.services`),
  }
}

/** A socket's path has 107 bytes at most, so the run directory is named by a part of the id. */
const short = (id: string): string => id.slice(0, 16)

/** `/var/lib/stack` and `/run/stack`, or STACK_STATE_DIR and STACK_RUN_DIR. */
export function pathsFrom(environment: NodeJS.ProcessEnv): Paths {
  return pathsOf({
    state: environment.STACK_STATE_DIR ?? '/var/lib/stack',
    run: environment.STACK_RUN_DIR ?? '/run/stack',
  })
}
